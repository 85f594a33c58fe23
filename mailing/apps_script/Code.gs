/**
 * Posts the new mail of this mailbox to ServiceDesk. README.md says how to install it.
 *
 * A filter labels each incoming mail TriggerMail. Once a minute `sendNewMail` posts the mail with
 * that label, and removes the label from what the server acknowledged: a mail is posted until it is
 * stored. Every 15 minutes `reconcile` asks the server which mail it never received, and posts it.
 * It uses the advanced Gmail service because GmailApp labels whole threads: it would miss a reply
 * in a thread whose label was removed.
 */

const TRIGGER_LABEL = 'TriggerMail';
const FAILED_LABEL = 'TriggerMail/Failed';

/** Every mail is larger than one byte, and Gmail accepts no filter without a criterion. */
const ALL_MAIL = { size: 1, sizeComparison: 'larger' };

const MINUTE_MS = 60 * 1000;
const MIB = 1024 * 1024;

/** A run may take 6 minutes; the last post (60 s at most) and its labelling come after this. */
const RUN_MS = 4.5 * MINUTE_MS;
/** The pauses before another attempt, shared by all posts of a run. */
const RETRY_PAUSES_MS = [1000, 2000, 4000];
/** A server that took longer than this to fail is not called again in the same run. */
const SLOW_FAILURE_MS = 10 * 1000;
/**
 * After a failure the next run waits this many times as long as the failure took: a consumer
 * account has 90 minutes of trigger time a day, one sixteenth, which an outage must not use up
 * (https://developers.google.com/apps-script/guides/services/quotas).
 */
const FAILURE_PAUSE_FACTOR = 20;
const LONGEST_FAILURE_PAUSE_MS = 20 * MINUTE_MS;

const PAGE_SIZE = 500;
/** 10,000 mails are listed to find the oldest; of a larger backlog the newest 10,000 go first. */
const MAX_PAGES = 20;
const MAX_CHUNK_MESSAGES = 50;
/** Base64 characters. A byte array of them takes several times that in memory. */
const MAX_CHUNK_CHARS = 10 * MIB;
/** Bytes of one mail; as base64 that is below the 50 MB which UrlFetch and the server accept. */
const MAX_MAIL_BYTES = 35 * MIB;
const MAX_LARGE_MAIL_TRIES = 3;
const MAX_HEADER_CHARS = 100 * 1000;

/** Every 15 minutes the mail of the last 72 hours is compared with the server's inbox. */
const RECONCILE_MINUTES = 15;
const RECONCILED_MS = 72 * 60 * MINUTE_MS;
/** Newer mail may still be on its way. */
const UNDER_WAY_MS = 5 * MINUTE_MS;
/** The server accepts 20,000, of about 20 characters each. */
const MAX_RECONCILED_IDS = 10 * 1000;
/** A run holds the lock while it posts mail; waiting for it costs trigger time. */
const LOCK_WAIT_MS = 10 * 1000;

/**
 * @typedef {{ url: string, key: number[], triggerLabel: string, failedLabel: string,
 *   pausedUntil: number }} Settings
 * @typedef {{ settings: Settings, deadline: number, retryPauses: number[], chunkMessages: number,
 *   failedForMs: number, stopped: boolean }} Run
 * @typedef {{ id: string, thread_id?: string, internal_date: number, raw?: string, size?: number,
 *   headers?: string, oversize?: boolean }} Entry
 * @typedef {{ id: string, status: string, error?: string }} Result
 * @typedef {{ code: number, text: string }} Answer
 */

/** The one-minute trigger: posts the labelled mail. An idle run is one list call. */
function sendNewMail() {
  const lock = LockService.getScriptLock();
  if (!lock.tryLock(0)) return; // the previous run has not ended yet
  try {
    const settings = readSettings();
    if (Date.now() < settings.pausedUntil) return;
    const ids = listOldestFirst({ labelIds: [settings.triggerLabel] });
    if (ids.length === 0) return;
    const run = startRun(settings);
    sendMessages(ids, run);
    rememberFailure(run);
  } finally {
    lock.releaseLock();
  }
}

/** @param {Settings} settings @returns {Run} */
function startRun(settings) {
  // After a failure a run tries one mail, once.
  const probing = settings.pausedUntil > 0;
  return {
    settings,
    deadline: Date.now() + RUN_MS,
    retryPauses: probing ? [] : RETRY_PAUSES_MS.slice(),
    chunkMessages: probing ? 1 : MAX_CHUNK_MESSAGES,
    failedForMs: 0,
    stopped: false,
  };
}

/** @param {Run} run */
function rememberFailure(run) {
  const properties = PropertiesService.getScriptProperties();
  if (run.failedForMs > 0) {
    const pause = Math.min(run.failedForMs * FAILURE_PAUSE_FACTOR, LONGEST_FAILURE_PAUSE_MS);
    properties.setProperty('PAUSED_UNTIL', String(Date.now() + pause));
  } else if (run.settings.pausedUntil > 0) {
    properties.deleteProperty('PAUSED_UNTIL');
  }
}

// --- Reading the mailbox ---------------------------------------------------------------------

/**
 * Lists message ids, oldest first: Gmail lists the newest first, and a backlog must not wait behind
 * newer mail. Gmail leaves out spam and trash; mail that somebody moves out of spam still has its
 * label and is posted then.
 *
 * @param {{ labelIds?: string[], q?: string }} which
 * @returns {string[]}
 */
function listOldestFirst(which) {
  const ids = [];
  /** @type {string | undefined} */
  let pageToken;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const options = { ...which, maxResults: PAGE_SIZE, ...(pageToken ? { pageToken } : {}) };
    const answer = Gmail.Users.Messages.list('me', options);
    for (const message of answer.messages || []) ids.push(message.id);
    pageToken = answer.nextPageToken;
    if (!pageToken) break;
  }
  return ids.reverse();
}

/**
 * Posts these messages chunk by chunk, while there is time and the server accepts them.
 *
 * @param {string[]} ids oldest first
 * @param {Run} run
 */
function sendMessages(ids, run) {
  /** @type {Entry[]} */
  let chunk = [];
  let chars = 0;
  const flush = () => {
    if (chunk.length > 0 && !run.stopped) sendChunk(chunk, run);
    chunk = [];
    chars = 0;
  };
  for (const id of ids) {
    if (run.stopped || Date.now() >= run.deadline) break;
    const about = describe(id);
    if (!about) continue;
    if (base64Chars(about.sizeEstimate) > MAX_CHUNK_CHARS) {
      flush();
      sendLargeMail(about, run);
      continue;
    }
    const entry = readEntry(about);
    if (!entry) continue;
    const length = entry.raw ? entry.raw.length : entry.headers.length;
    if (chars + length > MAX_CHUNK_CHARS) flush();
    chunk.push(entry);
    chars += length;
    if (chunk.length >= run.chunkMessages) flush();
  }
  flush();
}

/**
 * Posts one large mail by itself. A run that is out of memory or time ends without an exception,
 * and the same mail would end the next run, too. So attempts are counted beforehand, and after the
 * last one only the header is posted.
 *
 * @param {GoogleAppsScript.Gmail.Schema.Message} about
 * @param {Run} run
 */
function sendLargeMail(about, run) {
  if (run.stopped) return;
  const properties = PropertiesService.getScriptProperties();
  const counter = `TRIES_${about.id}`;
  const tries = Number(properties.getProperty(counter) || 0);
  let entry;
  if (about.sizeEstimate > MAX_MAIL_BYTES || tries >= MAX_LARGE_MAIL_TRIES) {
    entry = readOversize(about);
  } else {
    properties.setProperty(counter, String(tries + 1));
    entry = readEntry(about);
  }
  if (!entry) return;
  sendChunk([entry], run);
  properties.deleteProperty(counter);
}

/** @param {string} id @returns {GoogleAppsScript.Gmail.Schema.Message | null} */
function describe(id) {
  return getMessage(id, { format: 'minimal', fields: 'id,threadId,internalDate,sizeEstimate' });
}

/**
 * @param {GoogleAppsScript.Gmail.Schema.Message} about
 * @returns {Entry | null}
 */
function readEntry(about) {
  const message = getMessage(about.id, { format: 'raw', fields: 'raw' });
  if (!message) return null;
  // The advanced service decodes the API's base64url into an array of signed bytes, though its
  // declared type is the string.
  const raw = /** @type {string | number[]} */ (message.raw);
  if (raw.length > MAX_MAIL_BYTES) return readOversize({ ...about, sizeEstimate: raw.length });
  return {
    id: about.id,
    thread_id: about.threadId,
    internal_date: Number(about.internalDate),
    raw: typeof raw === 'string' ? raw : Utilities.base64EncodeWebSafe(raw),
  };
}

/**
 * Reads the header of a mail that is too large to post; the server quarantines it with that.
 *
 * @param {GoogleAppsScript.Gmail.Schema.Message} about
 * @returns {Entry | null}
 */
function readOversize(about) {
  const message = getMessage(about.id, { format: 'metadata', fields: 'payload/headers' });
  if (!message) return null;
  const lines = ((message.payload && message.payload.headers) || []).map(
    ({ name, value }) => `${name}: ${String(value).replace(/[\r\n]+[ \t]*/g, ' ')}\r\n`,
  );
  return {
    id: about.id,
    internal_date: Number(about.internalDate),
    size: about.sizeEstimate,
    headers: lines.join('').slice(0, MAX_HEADER_CHARS),
    oversize: true,
  };
}

/**
 * Returns null for a message that cannot be read now, so that the others are posted: it was
 * deleted after it was listed, or it keeps its label for the next run.
 *
 * @param {string} id
 * @param {object} options
 * @returns {GoogleAppsScript.Gmail.Schema.Message | null}
 */
function getMessage(id, options) {
  try {
    return Gmail.Users.Messages.get('me', id, options);
  } catch (error) {
    console.warn(`Message ${id} could not be read: ${error.message}`);
    return null;
  }
}

/** @param {number} bytes @returns {number} */
function base64Chars(bytes) {
  return Math.ceil(bytes / 3) * 4;
}

// --- Posting ---------------------------------------------------------------------------------

/**
 * Posts a chunk and labels its messages according to the answer. 413 and 500 are caused by what
 * was posted, so the chunk is halved until the message that causes it is alone. Any other failure
 * is the server's and ends the run.
 *
 * @param {Entry[]} entries
 * @param {Run} run
 */
function sendChunk(entries, run) {
  const startedAt = Date.now();
  const answer = postWithRetries({ messages: entries }, run);
  const results = answer.code === 202 ? parseResults(answer.text) : null;
  if (results) {
    run.chunkMessages = MAX_CHUNK_MESSAGES;
    settle(entries, results, run.settings);
    return;
  }
  // At least a millisecond, because 0 means that there was no failure.
  if (answer.code !== 413) run.failedForMs += Math.max(1, Date.now() - startedAt);
  const aboutContent = answer.code === 413 || answer.code === 500;
  if (aboutContent && entries.length > 1) {
    const half = Math.ceil(entries.length / 2);
    for (const part of [entries.slice(0, half), entries.slice(half)]) {
      if (!run.stopped && Date.now() < run.deadline) sendChunk(part, run);
    }
  } else if (answer.code === 413 && !entries[0].oversize) {
    const oversize = readOversize(aboutEntry(entries[0]));
    if (oversize) sendChunk([oversize], run);
  } else {
    run.stopped = !aboutContent;
    const kept = `${entries.length} message(s) keep their label, from ${entries[0].id}.`;
    console.error(`${explainFailure(answer)} ${kept}`);
  }
}

/** @param {Entry} entry @returns {GoogleAppsScript.Gmail.Schema.Message} */
function aboutEntry(entry) {
  return {
    id: entry.id,
    internalDate: String(entry.internal_date),
    sizeEstimate: Math.floor((entry.raw.replace(/=+$/, '').length * 3) / 4),
  };
}

/**
 * @param {object} body
 * @param {Run} run
 * @param {string} [url] the webhook by default
 * @returns {Answer}
 */
function postWithRetries(body, run, url = run.settings.url) {
  const webhookId = `msg_${Utilities.getUuid()}`;
  for (;;) {
    const sentAt = Date.now();
    const answer = postSigned(url, webhookId, body, run.settings);
    const mayPass = answer.code === 0 || answer.code === 429 || answer.code >= 500;
    const pause = run.retryPauses[0];
    if (!mayPass || pause === undefined) return answer;
    if (Date.now() - sentAt > SLOW_FAILURE_MS || Date.now() + pause >= run.deadline) return answer;
    run.retryPauses.shift();
    Utilities.sleep(pause);
  }
}

/**
 * Signs and posts once, as Standard Webhooks defines it (https://www.standardwebhooks.com). The
 * same bytes are signed and posted, because each Google service would encode a string in its way.
 *
 * @param {string} url
 * @param {string} webhookId
 * @param {object} body
 * @param {Settings} settings
 * @returns {Answer} code 0 when the server could not be reached
 */
function postSigned(url, webhookId, body, settings) {
  const payload = utf8(JSON.stringify(body));
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signed = utf8(`${webhookId}.${timestamp}.`).concat(payload);
  const signature = Utilities.computeHmacSha256Signature(signed, settings.key);
  try {
    const response = UrlFetchApp.fetch(url, {
      method: 'post',
      contentType: 'application/json; charset=utf-8',
      headers: {
        'webhook-id': webhookId,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${Utilities.base64Encode(signature)}`,
      },
      payload,
      followRedirects: false, // a redirected POST would arrive as a GET
      muteHttpExceptions: true,
    });
    return { code: response.getResponseCode(), text: response.getContentText() };
  } catch (error) {
    return { code: 0, text: error.message };
  }
}

/** @param {string} text @returns {number[]} */
function utf8(text) {
  return Utilities.newBlob('').setDataFromString(text, 'UTF-8').getBytes();
}

/** @param {string} text @returns {Result[] | null} null when the answer is not ServiceDesk's */
function parseResults(text) {
  try {
    const { results } = JSON.parse(text);
    return Array.isArray(results) ? results : null;
  } catch (error) {
    return null;
  }
}

/**
 * Removes the label from the messages that the server's answer names; others keep it. If Gmail
 * fails here, the next run posts them again and the server answers `duplicate`.
 *
 * @param {Entry[]} entries
 * @param {Result[]} results
 * @param {Settings} settings
 */
function settle(entries, results, settings) {
  const byId = new Map(results.map((result) => [result.id, result]));
  const done = [];
  const rejected = [];
  for (const { id } of entries) {
    const { status, error } = byId.get(id) || { status: 'unanswered', error: '' };
    if (status === 'accepted' || status === 'duplicate') {
      done.push(id);
    } else {
      if (status === 'rejected') rejected.push(id);
      console.warn(`Message ${id} is ${status}. ${error || ''}`);
    }
  }
  const removeLabelIds = [settings.triggerLabel];
  relabel({ ids: done, removeLabelIds });
  relabel({ ids: rejected, removeLabelIds, addLabelIds: [settings.failedLabel] });
}

/** @param {GoogleAppsScript.Gmail.Schema.BatchModifyMessagesRequest} change */
function relabel(change) {
  if (change.ids.length === 0) return;
  try {
    Gmail.Users.Messages.batchModify(change, 'me');
  } catch (error) {
    console.warn(`${change.ids.length} message(s) could not be relabelled: ${error.message}`);
  }
}

/** @param {Answer} answer @returns {string} */
function explainFailure(answer) {
  if (answer.code === 0) return `The server could not be reached: ${answer.text}`;
  let hint = '';
  if (answer.code === 202) hint = 'This answer is not from ServiceDesk: check WEBHOOK_URL.';
  if (answer.code >= 300 && answer.code < 400) hint = 'WEBHOOK_URL must not redirect.';
  if (answer.code === 401) hint = "WEBHOOK_SECRET is none of the server's WEBHOOK_SECRETS.";
  if (answer.code === 404) hint = 'Check the path in WEBHOOK_URL.';
  return `The server answered ${answer.code}. ${hint} ${answer.text.slice(0, 200)}`;
}

// --- Reconciling -----------------------------------------------------------------------------

/**
 * The 15-minute trigger, which can also be run from the editor's toolbar: sends the server all ids
 * of the last 72 hours, and posts what it never received. The call is also the script's heartbeat,
 * so it is made even while another run is posting a backlog.
 */
function reconcile() {
  const run = startRun(readSettings());
  const missing = askForMissing(run);
  if (missing !== null) recordGap(missing);
  const lock = LockService.getScriptLock();
  if (!lock.tryLock(LOCK_WAIT_MS)) return; // another run is posting mail: the next run posts these
  try {
    if (missing !== null) sendMessages(missing, run);
    rememberFailure(run);
  } finally {
    lock.releaseLock();
  }
}

/** @param {string[]} missing oldest first */
function recordGap(missing) {
  if (missing.length === 0) {
    console.log('The server has received all mail of the last 72 hours.');
    return;
  }
  const gap = `${new Date(Date.now()).toISOString()} ${missing.length}`;
  PropertiesService.getScriptProperties().setProperty('LAST_GAP', gap);
  console.warn(`The server never received ${missing.length} message(s), from ${missing[0]}.`);
}

/**
 * @param {Run} run
 * @returns {string[] | null} oldest first; null when the server did not answer
 */
function askForMissing(run) {
  const ids = listOldestFirst({ q: reconciledMail(Date.now()) });
  const missing = [];
  // At least one call, because it is the heartbeat.
  for (let start = 0; start === 0 || start < ids.length; start += MAX_RECONCILED_IDS) {
    const startedAt = Date.now();
    const body = { ids: ids.slice(start, start + MAX_RECONCILED_IDS) };
    const answer = postWithRetries(body, run, `${run.settings.url}reconcile/`);
    const found = answer.code === 200 ? parseMissing(answer.text) : null;
    if (!found) {
      run.failedForMs += Math.max(1, Date.now() - startedAt);
      console.error(`${explainFailure(answer)} What is missing is not known.`);
      return null;
    }
    missing.push(...found);
  }
  return missing;
}

/**
 * Selects the mail that the one-minute trigger should have posted by now: not our own mail, not
 * spam and trash (which Gmail leaves out by itself), and not what the server rejected. Mail that
 * still has its label is included: it shows that the one-minute trigger is missing.
 *
 * @param {number} now
 * @returns {string} a query for Gmail's search, which takes seconds since 1970
 */
function reconciledMail(now) {
  const seconds = (/** @type {number} */ ms) => Math.floor((now - ms) / 1000);
  return [
    `after:${seconds(RECONCILED_MS)} before:${seconds(UNDER_WAY_MS)}`,
    '-in:sent -in:drafts -in:chats',
    `-label:${searchName(FAILED_LABEL)}`,
  ].join(' ');
}

/** @param {string} label @returns {string} as Gmail's search spells it */
function searchName(label) {
  return label.toLowerCase().replace(/[/ ]/g, '-');
}

/** @param {string} text @returns {string[] | null} null when the answer is not ServiceDesk's */
function parseMissing(text) {
  try {
    const { missing } = JSON.parse(text);
    return Array.isArray(missing) ? missing : null;
  } catch (error) {
    return null;
  }
}

// --- Settings and installation ---------------------------------------------------------------

/** @returns {Settings} */
function readSettings() {
  const properties = PropertiesService.getScriptProperties().getProperties();
  const { TRIGGER_LABEL_ID, FAILED_LABEL_ID } = properties;
  if (!TRIGGER_LABEL_ID || !FAILED_LABEL_ID) throw new Error('Run setup() once: no labels yet.');
  return {
    url: readUrl(properties),
    key: readKey(properties),
    triggerLabel: TRIGGER_LABEL_ID,
    failedLabel: FAILED_LABEL_ID,
    pausedUntil: Number(properties.PAUSED_UNTIL || 0),
  };
}

/** @param {Object<string, string>} properties @returns {string} */
function readUrl({ WEBHOOK_URL = '' }) {
  const url = WEBHOOK_URL.trim();
  if (!/^https?:\/\/\S+$/.test(url)) {
    throw new Error('Set the script property WEBHOOK_URL: https://…/requests/webhook/email/');
  }
  return url.endsWith('/') ? url : `${url}/`;
}

/** @param {Object<string, string>} properties @returns {number[]} */
function readKey({ WEBHOOK_SECRET = '' }) {
  const [, base64] = WEBHOOK_SECRET.trim().match(/^whsec_([A-Za-z0-9+/]{32,}={0,2})$/) || [];
  if (!base64) {
    throw new Error("Set the script property WEBHOOK_SECRET: whsec_… as in the server's settings");
  }
  return Utilities.base64Decode(base64);
}

/** Creates labels, filter and triggers, and calls the server. It creates only what is missing. */
function setup() {
  const store = PropertiesService.getScriptProperties();
  readUrl(store.getProperties());
  readKey(store.getProperties());
  const labels = Gmail.Users.Labels.list('me').labels || [];
  const triggerLabel = ensureLabel(TRIGGER_LABEL, labels);
  const failedLabel = ensureLabel(FAILED_LABEL, labels);
  store.setProperties({ TRIGGER_LABEL_ID: triggerLabel, FAILED_LABEL_ID: failedLabel });
  store.deleteProperty('PAUSED_UNTIL');
  if (findFilters(triggerLabel).length === 0) {
    const filter = { criteria: ALL_MAIL, action: { addLabelIds: [triggerLabel] } };
    Gmail.Users.Settings.Filters.create(filter, 'me');
  }
  ensureOneTrigger(sendNewMail.name, 1);
  ensureOneTrigger(reconcile.name, RECONCILE_MINUTES);
  const answer = askServer(readSettings());
  if (answer.code !== 202) throw new Error(explainFailure(answer));
  console.log('Set up: new mail is posted every minute, and the server accepts the secret.');
}

/** Removes triggers and filter. The labels stay: they mark mail that has not been posted yet. */
function uninstall() {
  for (const trigger of findTriggers()) ScriptApp.deleteTrigger(trigger);
  for (const filter of findFilters(readSettings().triggerLabel)) {
    Gmail.Users.Settings.Filters.remove('me', filter.id);
  }
}

/**
 * @param {string} name
 * @param {GoogleAppsScript.Gmail.Schema.Label[]} labels
 * @returns {string} the label's id
 */
function ensureLabel(name, labels) {
  const label = labels.find((other) => other.name === name);
  return (label || Gmail.Users.Labels.create({ name }, 'me')).id;
}

/**
 * @param {string} triggerLabel
 * @returns {GoogleAppsScript.Gmail.Schema.Filter[]} those that add this label to all mail
 */
function findFilters(triggerLabel) {
  return (Gmail.Users.Settings.Filters.list('me').filter || []).filter(
    ({ action, criteria }) =>
      (action.addLabelIds || []).includes(triggerLabel) &&
      criteria.size === ALL_MAIL.size &&
      criteria.sizeComparison === ALL_MAIL.sizeComparison,
  );
}

/** @returns {GoogleAppsScript.Script.Trigger[]} */
function findTriggers() {
  const ours = [sendNewMail.name, reconcile.name];
  return ScriptApp.getProjectTriggers().filter((trigger) =>
    ours.includes(trigger.getHandlerFunction()),
  );
}

/** @param {string} handler @param {number} minutes */
function ensureOneTrigger(handler, minutes) {
  const same = findTriggers().filter((trigger) => trigger.getHandlerFunction() === handler);
  if (same.length === 0) ScriptApp.newTrigger(handler).timeBased().everyMinutes(minutes).create();
  for (const trigger of same.slice(1)) ScriptApp.deleteTrigger(trigger);
}

/** Posts an empty list, to check address and secret. @param {Settings} settings */
function askServer(settings) {
  return postSigned(settings.url, `msg_${Utilities.getUuid()}`, { messages: [] }, settings);
}
