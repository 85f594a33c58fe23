/**
 * Small stand-ins for the Google services, and a loader which runs the real Code.gs among them.
 * They are strict where the services are: bytes are signed, and nothing reaches past the loopback.
 */

import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads';

const CODE = new URL('../../mailing/apps_script/Code.gs', import.meta.url);

/** As Java has them: -128 to 127. */
export function signedBytes(buffer) {
  const bytes = new Array(buffer.length);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = buffer.readInt8(index);
  return bytes;
}

export function fromSignedBytes(bytes) {
  assert.ok(Array.isArray(bytes), 'not a byte array');
  const typed = new Int8Array(bytes.length);
  for (let index = 0; index < typed.length; index += 1) {
    typed[index] = bytes[index];
    if (typed[index] !== bytes[index]) assert.fail(`${bytes[index]} is not a signed byte`);
  }
  return Buffer.from(typed.buffer);
}

/** A mailbox with labels on messages, filters, and a count of what was asked of it. */
export class FakeGmail {
  constructor() {
    this.calls = [];
    this.labels = [{ id: 'INBOX', name: 'INBOX' }];
    this.filters = [];
    this.messages = new Map();
    this.failures = new Map();
    this.pageSize = Infinity;
  }

  /** A mail arrives: the filters label it. */
  deliver(id, raw, { internalDate = 1795400000000, sizeEstimate, labelIds = ['INBOX'] } = {}) {
    const bytes = Buffer.from(raw);
    const labels = new Set(labelIds);
    const size = sizeEstimate ?? bytes.length;
    for (const { criteria, action } of this.filters) {
      assert.equal(criteria.sizeComparison, 'larger');
      if (size > criteria.size) action.addLabelIds.forEach((label) => labels.add(label));
    }
    this.messages.set(id, { id, bytes, internalDate, sizeEstimate: size, labels });
  }

  labelled(name) {
    const { id } = this.labels.find((label) => label.name === name);
    return [...this.messages.values()].filter((m) => m.labels.has(id)).map((m) => m.id);
  }

  /** Each call of this name for this id fails, e.g. fail('get raw', 'a', 'Service error'). */
  fail(call, id, message, code = 500) {
    this.failures.set(`${call} ${id}`, { message, code });
  }

  /** What Apps Script sees as the global `Gmail`. */
  service() {
    return {
      Users: {
        Messages: {
          list: (user, options) => this.#list(user, options),
          get: (user, id, options) => this.#get(user, id, options),
          batchModify: (change, user) => this.#batchModify(change, user),
        },
        Labels: {
          list: () => this.#record('labels.list', { labels: this.labels }),
          create: ({ name }) => {
            const label = { id: `Label_${this.labels.length}`, name };
            this.labels.push(label);
            return this.#record('labels.create', label);
          },
        },
        Settings: {
          Filters: {
            list: () =>
              this.#record('filters.list', this.filters.length ? { filter: this.filters } : {}),
            create: (filter) => {
              this.filters.push({ id: `Filter_${this.filters.length}`, ...plain(filter) });
              return this.#record('filters.create', this.filters.at(-1));
            },
            remove: (user, id) => {
              this.filters = this.filters.filter((filter) => filter.id !== id);
              return this.#record('filters.remove', undefined);
            },
          },
        },
      },
    };
  }

  #record(call, answer) {
    this.calls.push(call);
    return answer === undefined ? undefined : plain(answer);
  }

  /** Gmail's search, as far as Code.gs uses it. */
  #found(q) {
    const [, after] = q.match(/\bafter:(\d+)/);
    const [, before] = q.match(/\bbefore:(\d+)/);
    const places = { sent: 'SENT', drafts: 'DRAFT', chats: 'CHAT' };
    const without = [...q.matchAll(/-in:(\w+)/g)].map(([, place]) => places[place]);
    for (const [, name] of q.matchAll(/-label:(\S+)/g)) {
      without.push(this.labels.find((l) => l.name.toLowerCase().replace('/', '-') === name).id);
    }
    return ({ internalDate, labels }) =>
      internalDate > after * 1000 &&
      internalDate < before * 1000 &&
      !without.some((label) => labels.has(label));
  }

  #list(user, { labelIds = [], q, maxResults = 100, pageToken = '0' }) {
    assert.equal(user, 'me');
    assert.ok(maxResults <= 500, 'Gmail lists at most 500 a page');
    const found = [...this.messages.values()]
      .filter(({ labels }) => labelIds.every((label) => labels.has(label)))
      .filter(({ labels }) => !labels.has('SPAM') && !labels.has('TRASH'))
      .filter(q ? this.#found(q) : () => true)
      .reverse(); // newest first
    const start = Number(pageToken);
    const end = start + Math.min(maxResults, this.pageSize);
    const answer = { resultSizeEstimate: found.length };
    const page = found.slice(start, end).map(({ id }) => ({ id, threadId: `t-${id}` }));
    if (page.length) answer.messages = page; // Gmail leaves an empty list out
    if (end < found.length) answer.nextPageToken = String(end);
    return this.#record('list', answer);
  }

  #get(user, id, { format }) {
    assert.equal(user, 'me');
    this.calls.push(`get ${format}`);
    const failure = this.failures.get(`get ${format} ${id}`);
    if (failure) throw apiError(failure.message, failure.code);
    const message = this.messages.get(id);
    if (!message) throw apiError('Requested entity was not found.', 404);
    const about = {
      id,
      threadId: `t-${id}`,
      labelIds: [...message.labels],
      internalDate: String(message.internalDate),
      sizeEstimate: message.sizeEstimate,
    };
    if (format === 'raw') about.raw = signedBytes(message.bytes);
    if (format === 'metadata') about.payload = { headers: readHeaders(message.bytes) };
    return about;
  }

  #batchModify({ ids, addLabelIds = [], removeLabelIds = [] }, user) {
    assert.equal(user, 'me');
    assert.ok(ids.length >= 1 && ids.length <= 1000);
    this.calls.push('batchModify');
    const failure = this.failures.get('batchModify *');
    if (failure) throw apiError(failure.message, failure.code);
    for (const id of ids) {
      const labels = this.messages.get(id)?.labels;
      addLabelIds.forEach((label) => labels?.add(label));
      removeLabelIds.forEach((label) => labels?.delete(label));
    }
  }
}

function plain(value) {
  return JSON.parse(JSON.stringify(value));
}

function apiError(message, code) {
  const error = new Error(`API call to gmail failed with error: ${message}`);
  return Object.assign(error, { name: 'GoogleJsonResponseException', details: { message, code } });
}

function readHeaders(bytes) {
  const [head] = bytes.toString('utf8').split(/\r?\n\r?\n/);
  return head.split(/\r?\n(?![ \t])/).map((line) => {
    const colon = line.indexOf(':');
    return { name: line.slice(0, colon), value: line.slice(colon + 1).trim() };
  });
}

/** A server in a function: verifies each signature as the real one does, then answers. */
export class FakeServer {
  constructor(secret, answer = acceptAll) {
    this.secret = secret;
    this.answer = answer;
    this.requests = [];
    this.seen = new Set();
  }

  fetch(url, { method, contentType, headers, payload, followRedirects, muteHttpExceptions }) {
    assert.equal(method, 'post');
    assert.equal(contentType, 'application/json; charset=utf-8');
    assert.equal(followRedirects, false);
    assert.equal(muteHttpExceptions, true);
    const body = fromSignedBytes(payload);
    const { 'webhook-id': id, 'webhook-timestamp': timestamp } = headers;
    const expected = createHmac('sha256', Buffer.from(this.secret.slice('whsec_'.length), 'base64'))
      .update(`${id}.${timestamp}.`)
      .update(body)
      .digest('base64');
    const signed = headers['webhook-signature'] === `v1,${expected}`;
    const request = { url, id, body, ...JSON.parse(body.toString('utf8')) };
    this.requests.push(request);
    const answer = signed
      ? this.answer(request, this.requests.length, this)
      : { code: 401, text: '{"error": {"code": "bad_signature"}}' };
    return { code: answer.code, text: answer.text ?? JSON.stringify({ results: answer.results }) };
  }

  posted() {
    return this.requests.map(({ messages }) => messages.map((message) => message.id));
  }
}

/** Answers as the real server does: stores each, and knows it the second time. */
export function acceptAll({ messages }, count, server) {
  const results = messages.map(({ id }) => {
    const status = server.seen.has(id) ? 'duplicate' : 'accepted';
    server.seen.add(id);
    return { id, status };
  });
  return { code: 202, results };
}

/** Posts to a server on this machine and, as UrlFetchApp does, returns when it has answered. */
export class LoopbackServer {
  constructor() {
    this.worker = new Worker(new URL('./http_worker.mjs', import.meta.url));
    this.worker.unref();
    this.requests = [];
  }

  fetch(url, { method, contentType, headers, payload }) {
    assert.match(new URL(url).hostname, /^(127\.0\.0\.1|localhost|\[::1\])$/);
    const done = new Int32Array(new SharedArrayBuffer(4));
    const { port1, port2 } = new MessageChannel();
    const request = {
      url,
      method: method.toUpperCase(),
      headers: { ...headers, 'content-type': contentType },
      body: fromSignedBytes(payload),
    };
    this.worker.postMessage({ done, port: port2, request }, [port2]);
    assert.notEqual(Atomics.wait(done, 0, 0, 60_000), 'timed-out', 'no answer in 60 s');
    const { message: answer } = receiveMessageOnPort(port1);
    port1.close();
    if (answer.error) throw new Error(answer.error);
    this.requests.push({ ...request, ...answer });
    return answer;
  }

  close() {
    return this.worker.terminate();
  }
}

/** Code.gs itself, loaded among the fakes; `call(name)` is a run of that function. */
export function loadScript({ gmail = new FakeGmail(), server, properties = {} }) {
  const world = {
    gmail,
    server,
    properties: new Map(Object.entries(properties)),
    triggers: [],
    clock: Date.now(),
    sleeps: [],
    log: [],
    lockHeld: false,
    lockReleased: 0,
  };
  world.utilities = utilities(world);
  const context = vm.createContext({
    Gmail: gmail.service(),
    UrlFetchApp: urlFetchApp(world),
    Utilities: world.utilities,
    LockService: lockService(world),
    PropertiesService: { getScriptProperties: () => scriptProperties(world.properties) },
    ScriptApp: scriptApp(world),
    Date: class extends Date {
      static now() {
        return world.clock;
      }
    },
    console: Object.fromEntries(
      ['log', 'warn', 'error'].map((level) => [
        level,
        (line) => world.log.push(`${level}: ${line}`),
      ]),
    ),
  });
  vm.runInContext(readFileSync(CODE, 'utf8'), context, { filename: 'Code.gs' });
  world.call = (name) => vm.runInContext(`${name}()`, context);
  return world;
}

function urlFetchApp(world) {
  return {
    fetch(url, options) {
      const { code, text } = world.server.fetch(url, options);
      return { getResponseCode: () => code, getContentText: () => text };
    },
  };
}

function utilities(world) {
  const toBuffer = (data) =>
    typeof data === 'string' ? Buffer.from(data, 'utf8') : fromSignedBytes(data);
  return {
    base64Encode: (data) => toBuffer(data).toString('base64'),
    base64EncodeWebSafe: (data) =>
      toBuffer(data).toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
    base64Decode: (text) => signedBytes(Buffer.from(text, 'base64')),
    computeHmacSha256Signature: (value, key) =>
      signedBytes(
        createHmac('sha256', fromSignedBytes(key)).update(fromSignedBytes(value)).digest(),
      ),
    getUuid: randomUUID,
    newBlob: (data) => blob(Buffer.from(data, 'utf8')),
    sleep: (milliseconds) => {
      world.sleeps.push(milliseconds);
      world.clock += milliseconds;
    },
  };
}

function blob(buffer) {
  return {
    getBytes: () => signedBytes(buffer),
    setDataFromString: (text, charset) => {
      assert.equal(charset, 'UTF-8');
      return blob(Buffer.from(text, 'utf8'));
    },
  };
}

function lockService(world) {
  return {
    getScriptLock: () => ({
      tryLock: () => !world.lockHeld,
      releaseLock: () => {
        world.lockReleased += 1;
      },
    }),
  };
}

function scriptProperties(properties) {
  return {
    getProperty: (key) => properties.get(key) ?? null,
    getProperties: () => Object.fromEntries(properties),
    setProperty: (key, value) => properties.set(key, String(value)),
    setProperties: (values) =>
      Object.entries(values).forEach(([key, value]) => properties.set(key, String(value))),
    deleteProperty: (key) => properties.delete(key),
  };
}

function scriptApp(world) {
  return {
    getProjectTriggers: () => [...world.triggers],
    deleteTrigger: (trigger) => world.triggers.splice(world.triggers.indexOf(trigger), 1),
    newTrigger: (handler) => ({
      timeBased: () => ({
        everyMinutes: (minutes) => ({
          create: () => world.triggers.push({ minutes, getHandlerFunction: () => handler }),
        }),
      }),
    }),
  };
}
