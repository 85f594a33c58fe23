"""Django's settings, read from the environment; docs/configuration.md explains each variable."""

from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.environment import Environment, stop
from config.monitoring.logging_setup import FORMATS, configure_logging
from mailing.parsing.limits import Limits

django_stubs_ext.monkeypatch()  # lets Django's classes take type arguments

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(BASE_DIR / ".env")

# --- Hosts and HTTPS --------------------------------------------------------------------------
SECRET_KEY = env.text("SECRET_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
# The number of our own proxies in front: the client's address is that many from the right in
# X-Forwarded-For. DRF reads it as REST_FRAMEWORK["NUM_PROXIES"].
PROXY_COUNT = env.number("PROXY_COUNT", "0", high=10)
HTTPS = env.flag("HTTPS", "true")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None
# Health checks and Prometheus call the container itself, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "config.http.errors.csrf_failure"

# --- Applications and files -------------------------------------------------------------------
INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "config.apps.SupervisorAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "knox",
    "django_filters",
    "django_htmx",
    "drf_yasg",
    "django_celery_beat",
    "operators",
    "tickets",
    "mailing",
    "tasks",
]
MIDDLEWARE = [
    "config.http.request_log.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "config.http.csp.ContentSecurityPolicy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.http.webhook_shortcut.WebhookShortcut",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
STATIC_URL = "static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / ".local" / "static"))
FILES_ROOT = env.text("FILES_ROOT", str(BASE_DIR / ".local" / "files"))
FILES_S3_BUCKET = env.text("FILES_S3_BUCKET", "")
STORAGES = {
    "default": {
        "BACKEND": "tickets.files.s3_storage.Bucket",
        "OPTIONS": {
            "bucket_name": FILES_S3_BUCKET,
            "endpoint_url": env.text("FILES_S3_ENDPOINT", "") or None,
            "region_name": env.text("FILES_S3_REGION", "") or None,
            # Without keys boto3 uses the role of the machine that it runs on.
            "access_key": env.text("FILES_S3_ACCESS_KEY", "") or None,
            "secret_key": env.text("FILES_S3_SECRET_KEY", "") or None,
        },
    }
    if FILES_S3_BUCKET
    else {
        "BACKEND": "tickets.files.folder_storage.DurableFolder",
        "OPTIONS": {"location": FILES_ROOT},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Database and cache -----------------------------------------------------------------------
DATABASES = {
    "default": {
        "ENGINE": "config.postgresql",
        "NAME": env.text("POSTGRES_DB", "servicedesk"),
        "USER": env.text("POSTGRES_USER", "servicedesk"),
        "PASSWORD": env.text("POSTGRES_PASSWORD"),
        "HOST": env.text("POSTGRES_HOST"),
        "PORT": env.number("POSTGRES_PORT", "5432", low=1, high=65535),
        # Seconds. Measured: with 0 a quarter of the requests, and a notice leaves 20 ms later.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # Such a cursor would not outlive its transaction behind PgBouncer in transaction mode.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            # A server whose machine is gone is given up after 25 s, not after Linux's two hours.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 25_000,  # milliseconds, for data not acknowledged
            # The session of a process that hangs in a transaction, or whose machine is gone, ends
            # and frees its locks after as long as a lease lasts (CELERY_TASK_TIME_LIMIT).
            "options": "-c idle_in_transaction_session_timeout=20s",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CELERY_BROKER_URL = env.broker_url("CELERY_BROKER_URL")
USES_RABBITMQ = CELERY_BROKER_URL.startswith("amqp")
# Holds counts of failed sign-ins only; while Redis is away nobody is refused.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CELERY_BROKER_URL,
        "KEY_PREFIX": "servicedesk",
        "OPTIONS": {
            "socket_connect_timeout": 0.5,
            "socket_timeout": 0.5,
            "retry": Retry(NoBackoff(), 0),
        },
    }
}
if USES_RABBITMQ:  # then each web process counts for itself
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Operators and tokens ---------------------------------------------------------------------
AUTH_USER_MODEL = "operators.Operator"
AUTHENTICATION_BACKENDS = ["operators.authentication.PasswordBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Knox's only table would be its token model, which ours replaces.
MIGRATION_MODULES = {"knox": None}
KNOX_TOKEN_MODEL = "operators.OperatorToken"  # noqa: S105 - a model's name
REST_KNOX = {
    "TOKEN_MODEL": KNOX_TOKEN_MODEL,
    "TOKEN_TTL": env.duration("API_TOKEN_TTL", "365d"),
    "AUTH_HEADER_PREFIX": "Token",
}

# --- The API ----------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["operators.authentication.OperatorAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.http.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "config.http.walking.WalkingPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "config.http.errors.api_exception",
    "NUM_PROXIES": PROXY_COUNT,
    "UNAUTHENTICATED_USER": None,
}
SWAGGER_USE_COMPAT_RENDERERS = False
SWAGGER_SETTINGS = {
    "DEFAULT_INFO": "config.urls.api_info",
    "DEFAULT_AUTO_SCHEMA_CLASS": "config.http.openapi.ErrorAwareAutoSchema",
    "DEFAULT_FILTER_INSPECTORS": ["config.http.openapi.FilterInspector"],
    "USE_SESSION_AUTH": False,
    "DEFAULT_MODEL_RENDERING": "example",
    "SECURITY_DEFINITIONS": {
        "Token": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token`, a space and the token, as in `Token 5d8f0d6a…`",
        }
    },
}
# UPLOAD_MAX_BYTES limits one file, and all files of one message together.
UPLOAD_MAX_BYTES = env.number("UPLOAD_MAX_BYTES", "25000000", low=1, high=10**9)
UPLOAD_MAX_FILES = env.number("UPLOAD_MAX_FILES", "20", low=1, high=1000)
DATA_UPLOAD_MAX_NUMBER_FILES = UPLOAD_MAX_FILES + 1  # so that our own check names the limit
# The webhook accepts mails of up to 25 MB, which base64 makes a third larger.
DATA_UPLOAD_MAX_MEMORY_SIZE = 50 * 1024 * 1024

# --- Mail -------------------------------------------------------------------------------------
SUPPORT_ADDRESS = env.address("SUPPORT_ADDRESS")
OWN_ADDRESSES = env.addresses("OWN_ADDRESSES")
FORM_SENDERS = env.addresses("FORM_SENDERS")
WEBHOOK_SECRETS = env.webhook_secrets("WEBHOOK_SECRETS")
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", "587", low=1, high=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", "false")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", "false" if EMAIL_USE_SSL else "true")
if EMAIL_USE_TLS and EMAIL_USE_SSL:
    stop("EMAIL_USE_TLS and EMAIL_USE_SSL exclude each other; set one of them to false.")
EMAIL_TIMEOUT = env.duration("EMAIL_TIMEOUT", "30s").total_seconds()
NOTICE_MAX_AGE = env.duration("NOTICE_MAX_AGE", "48h")
NOTIFY_OPERATORS = env.flag("NOTIFY_OPERATORS", "false")
# The most automatic mails to one mailbox; further ones are stored as suppressed.
NOTICES_PER_HOUR = env.number("NOTICES_PER_HOUR", "10", low=1, high=1_000_000)
NOTICES_PER_DAY = env.number("NOTICES_PER_DAY", "30", low=1, high=1_000_000)
# The most automatic mails in all; a loop that changes its address with each mail ends here.
AUTOMATIC_MAIL_PER_HOUR = env.number("AUTOMATIC_MAIL_PER_HOUR", "20000", low=1, high=1_000_000_000)
# The most mails that are sent in any period of this length; further ones wait. Gmail accepts 500
# recipients a day from a consumer account and 2,000 from a Workspace account
# (https://support.google.com/mail/answer/22839, https://support.google.com/a/answer/166852), and
# blocks an account that exceeds it for a day.
_GMAIL = EMAIL_HOST.lower().endswith((".gmail.com", ".googlemail.com"))
SEND_RATE = env.rate("SEND_RATE", "500/1d" if _GMAIL else "none")
SEND_RATE_PER_RECIPIENT = env.rate("SEND_RATE_PER_RECIPIENT", "100/1d")
UNCERTAIN_RETRY_AFTER = env.duration("UNCERTAIN_RETRY_AFTER", "10m")
# Mail that waits longer is a problem, which /readyz shows and the administrators are mailed about.
INBOX_MAX_AGE = env.duration("INBOX_MAX_AGE", "5m")
OUTBOX_MAX_AGE = env.duration("OUTBOX_MAX_AGE", "1h")
ADMINS = [("", address) for address in env.addresses("ADMINS")]
RAW_RETENTION = env.duration("RAW_RETENTION", "90d")
# The server whose Authentication-Results are trusted (RFC 8601).
AUTHSERV_ID = env.text("AUTHSERV_ID", "mx.google.com")
PARSE_LIMITS = Limits(
    message_bytes=env.number("MAIL_MAX_BYTES", "50000000", low=1, high=10**9),
    seconds=env.duration("MAIL_MAX_SECONDS", "10s").total_seconds(),
)

# --- Celery: a message only wakes a worker, so a lost one costs a few seconds ------------------
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "inbox"
CELERY_TASK_ROUTES = {
    "outbound.*": {"queue": "outbox"},
    # Not with the inbox workers, which may all be busy with mail that hangs.
    "maintenance.release_orphans": {"queue": "outbox"},
    "maintenance.wake_tickets": {"queue": "outbox"},
}
# Leases of mail last as long.
CELERY_TASK_TIME_LIMIT = 20
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Without these timeouts a broker that hangs costs a publisher a minute.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.1}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 3,
    # Seconds after which a consumer that got no message asks again. With the default, one, asking
    # is a sixth of what the idle stack does.
    "polling_interval": 3,
    # A consumer notices a broker that hangs within 13 s (three seconds and two of these).
    "health_check_interval": 5,
}
if USES_RABBITMQ:
    CELERY_BROKER_TRANSPORT_OPTIONS = {}  # the others are Redis'; RabbitMQ has heartbeats
CELERY_BEAT_SCHEDULER = "tasks.scheduler:LeaderScheduler"
# Workers, beat and the watch touch it while they run; the container's health check reads its age.
HEARTBEAT_FILE = env.text("HEARTBEAT_FILE", "")

# --- Language and time ------------------------------------------------------------------------
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", "ru", ("ru", "en"))
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "UTC"

# --- Logs -------------------------------------------------------------------------------------
LOG_FORMAT = env.choice("LOG_FORMAT", "json", FORMATS)
_PASSWORDS = (env.text("POSTGRES_PASSWORD"), urlsplit(CELERY_BROKER_URL).password or "")
_KEYS = (SECRET_KEY, env.text("FILES_S3_SECRET_KEY", ""), *env.words("WEBHOOK_SECRETS"))
LOGGING = configure_logging(LOG_FORMAT, secrets=(*_PASSWORDS, EMAIL_HOST_PASSWORD, *_KEYS))
if SENTRY_DSN := env.text("SENTRY_DSN", ""):
    from config.monitoring import sentry  # 4 MB in each process

    sentry.start(SENTRY_DSN)
