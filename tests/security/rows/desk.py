"""Who may call the desk's URLs of signing in and out, and of the profile.

The pages are for sessions alone; each package of pages has its rows in a module of its own. Whoever
is not signed in is led to the sign-in by GET, and gets it with the form that they sent by POST.
"""

from tests.security.rows.base import ANYONE, DESK_FORM, DESK_PAGE, NOT_SIGNED_IN, Bodies, Row

PASSWORDS = {"old_password": "wrong", "new_password1": "x", "new_password2": "x"}

ROWS: list[Row] = [
    Row("GET", "/desk/sign-in/", {**ANYONE, **dict.fromkeys(NOT_SIGNED_IN, 200)}, 302),
    Row("POST", "/desk/sign-in/", ANYONE, 403, "password"),
    Row("POST", "/desk/sign-out/", ANYONE, 303),
    Row("GET", "/desk/profile/", DESK_PAGE),
    Row("POST", "/desk/profile/", DESK_FORM, 303, "profile"),
    Row("GET", "/desk/profile/password/", DESK_PAGE),
    Row("POST", "/desk/profile/password/", DESK_FORM, 400, "passwords"),
    Row("GET", "/desk/profile/tokens/", DESK_PAGE),
    Row("POST", "/desk/profile/tokens/", DESK_FORM, 201),
    Row("POST", "/desk/profile/tokens/{own_token}/revoke/", DESK_FORM, 303),
]

BODIES: Bodies = {
    "password": lambda world: {"username": str(world.me.pk), "password": "wrong"},
    "profile": lambda world: {"operator_name": "Maria", "language": "en"},
    "passwords": lambda world: PASSWORDS,
}
