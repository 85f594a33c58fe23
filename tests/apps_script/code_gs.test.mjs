/** What Code.gs does in each situation, against a server in a function which checks signatures. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FakeGmail, FakeServer, acceptAll, loadScript } from './fakes.mjs';

const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const URL_PROPERTY = 'https://desk.example.com/requests/webhook/email/';
const PROPERTIES = { WEBHOOK_URL: URL_PROPERTY, WEBHOOK_SECRET: SECRET };
const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;

const status = (code) => () => ({ code, text: '' });

/** A mailbox that is set up and empty, beside a server that answers like this. */
function installed(answer = acceptAll) {
  const gmail = new FakeGmail();
  const world = loadScript({ gmail, server: new FakeServer(SECRET), properties: PROPERTIES });
  world.call('setup');
  world.server = new FakeServer(SECRET, answer);
  gmail.calls.length = 0;
  world.log.length = 0;
  return { gmail, world };
}

function deliverMany(gmail, count) {
  const ids = Array.from({ length: count }, (_, index) => `m${index + 1}`);
  ids.forEach((id) => gmail.deliver(id, `Subject: ${id}\r\n\r\n${id}\r\n`));
  return ids;
}

/** The lines of the log of this level. */
const logged = (world, level) => world.log.filter((line) => line.startsWith(`${level}:`));

test('an idle run is one list call', () => {
  const { gmail, world } = installed();

  world.call('sendNewMail');

  assert.deepEqual(gmail.calls, ['list']);
  assert.equal(world.server.requests.length, 0);
  assert.deepEqual(world.sleeps, []);
  assert.equal(world.lockReleased, 1);
});

test('new mail is posted byte for byte and loses its label', () => {
  const { gmail, world } = installed();
  const raw = Buffer.concat([
    Buffer.from('From: a@example.org\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n'),
    Buffer.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4, 0x0d, 0x0a, 0xfb, 0xff, 0xbf]),
  ]);
  gmail.deliver('18c2f0', raw, { internalDate: 1795400000123 });

  world.call('sendNewMail');

  const [{ url, messages }] = world.server.requests;
  assert.equal(url, URL_PROPERTY);
  assert.equal(messages.length, 1);
  const { raw: posted, ...rest } = messages[0];
  assert.deepEqual(rest, {
    id: '18c2f0',
    thread_id: 't-18c2f0',
    internal_date: 1795400000123,
  });
  assert.match(posted, /^[A-Za-z0-9_-]+=*$/);
  assert.deepEqual(Buffer.from(posted, 'base64url'), raw);
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
  assert.deepEqual(gmail.labelled('TriggerMail/Failed'), []);
  assert.deepEqual(gmail.labelled('INBOX'), ['18c2f0']);
  assert.deepEqual(gmail.calls, ['list', 'get minimal', 'get raw', 'batchModify']);
});

test('mail is posted oldest first across pages, 50 at a time', () => {
  const { gmail, world } = installed();
  const ids = deliverMany(gmail, 120);
  gmail.pageSize = 50;

  world.call('sendNewMail');

  assert.deepEqual(world.server.posted(), [ids.slice(0, 50), ids.slice(50, 100), ids.slice(100)]);
  assert.equal(gmail.calls.filter((call) => call === 'list').length, 3);
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
});

test('a chunk stays below 10 MiB and a larger mail goes by itself, in its turn', () => {
  const { gmail, world } = installed();
  const sizes = { a: 3 * MIB, b: 3 * MIB, c: 3 * MIB, d: 8 * MIB, e: 100 };
  for (const [id, size] of Object.entries(sizes)) gmail.deliver(id, Buffer.alloc(size, id));

  world.call('sendNewMail');

  assert.deepEqual(world.server.posted(), [['a', 'b'], ['c'], ['d'], ['e']]);
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
  assert.deepEqual(
    [...world.properties.keys()].filter((key) => key.startsWith('TRIES_')),
    [],
  );
});

test('a mail too large to post goes as its headers, signed with their own letters', () => {
  const { gmail, world } = installed();
  const head = 'From: a@example.org\r\nSubject: Чертёж 図面 🛠\r\n\tи вложение\r\n\r\n';
  gmail.deliver('big', head, { sizeEstimate: 40 * MIB, internalDate: 5 });

  world.call('sendNewMail');

  const [{ messages, body }] = world.server.requests;
  assert.deepEqual(messages, [
    {
      id: 'big',
      internal_date: 5,
      size: 40 * MIB,
      headers: 'From: a@example.org\r\nSubject: Чертёж 図面 🛠 и вложение\r\n',
      oversize: true,
    },
  ]);
  assert.ok(body.includes(Buffer.from('Чертёж 図面 🛠', 'utf8')));
  assert.ok(!gmail.calls.includes('get raw'));
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
});

test('a mail that ended three runs without a word goes as its headers', () => {
  const { gmail, world } = installed();
  gmail.deliver('big', Buffer.alloc(9 * MIB, 'x'));
  gmail.deliver('small', 'Subject: s\r\n\r\n');
  const death = new Error('Exceeded memory limit');
  const { computeHmacSha256Signature } = world.utilities;
  world.utilities.computeHmacSha256Signature = () => {
    throw death;
  };
  for (let run = 0; run < 3; run += 1) assert.throws(() => world.call('sendNewMail'), death);
  assert.equal(world.server.requests.length, 0);
  world.utilities.computeHmacSha256Signature = computeHmacSha256Signature;

  world.call('sendNewMail');

  assert.deepEqual(world.server.posted(), [['big'], ['small']]);
  assert.equal(world.server.requests[0].messages[0].oversize, true);
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
  assert.equal(world.properties.has('TRIES_big'), false);
});

test('413 halves a chunk, and turns the one mail to blame into its headers', () => {
  const { gmail, world } = installed((request, count, server) => {
    const tooLarge = request.messages.some(({ id, oversize }) => id === 'm3' && !oversize);
    return tooLarge ? { code: 413, text: '' } : acceptAll(request, count, server);
  });
  deliverMany(gmail, 4);

  world.call('sendNewMail');

  assert.deepEqual(world.server.posted(), [
    ['m1', 'm2', 'm3', 'm4'],
    ['m1', 'm2'],
    ['m3', 'm4'],
    ['m3'],
    ['m3'],
    ['m4'],
  ]);
  const { raw, ...oversize } = world.server.requests[4].messages[0];
  assert.equal(raw, undefined);
  assert.deepEqual(oversize, {
    id: 'm3',
    internal_date: 1795400000000,
    size: Buffer.byteLength('Subject: m3\r\n\r\nm3\r\n'),
    headers: 'Subject: m3\r\n',
    oversize: true,
  });
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
  assert.equal(world.properties.has('PAUSED_UNTIL'), false);
});

test('a mail over which the server falls does not hold up the others', () => {
  const { gmail, world } = installed((request, count, server) =>
    request.messages.some(({ id }) => id === 'm2')
      ? { code: 500, text: '' }
      : acceptAll(request, count, server),
  );
  deliverMany(gmail, 4);

  world.call('sendNewMail');

  assert.deepEqual(gmail.labelled('TriggerMail'), ['m2']);
  assert.equal(logged(world, 'error').length, 1);
  assert.match(logged(world, 'error')[0], /answered 500.*from m2/);
});

test('a rejected mail is marked, a duplicate is done, an unnamed one keeps its label', () => {
  const { gmail, world } = installed(() => ({
    code: 202,
    results: [
      { id: 'm1', status: 'rejected', error: 'raw is not base64url' },
      { id: 'm2', status: 'duplicate' },
      { id: 'm4', status: 'accepted' },
      { id: 'another', status: 'accepted' },
    ],
  }));
  deliverMany(gmail, 4);

  world.call('sendNewMail');

  assert.deepEqual(gmail.labelled('TriggerMail/Failed'), ['m1']);
  assert.deepEqual(gmail.labelled('TriggerMail'), ['m3']);
  assert.deepEqual(logged(world, 'warn'), [
    'warn: Message m1 is rejected. raw is not base64url',
    'warn: Message m3 is unanswered. ',
  ]);
});

test('503 is retried after growing pauses under the same webhook-id', () => {
  const { gmail, world } = installed((request, count, server) =>
    count < 3 ? { code: 503, text: '' } : acceptAll(request, count, server),
  );
  deliverMany(gmail, 1);

  world.call('sendNewMail');

  assert.deepEqual(world.sleeps, [1000, 2000]);
  assert.equal(world.server.requests.length, 3);
  assert.equal(new Set(world.server.requests.map(({ id }) => id)).size, 1);
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
  assert.equal(world.properties.has('PAUSED_UNTIL'), false);
});

for (const code of [429, 500, 502, 503, 504]) {
  test(`a lasting ${code} leaves the labels for a later run`, () => {
    const { gmail, world } = installed(status(code));
    deliverMany(gmail, 1);

    world.call('sendNewMail');

    assert.deepEqual(world.sleeps, [1000, 2000, 4000]);
    assert.equal(world.server.requests.length, 4);
    assert.deepEqual(gmail.labelled('TriggerMail'), ['m1']);
    assert.equal(world.lockReleased, 1);
  });
}

test('an outage costs little: a pause, then one mail to ask with, then all the rest', () => {
  const { gmail, world } = installed(status(503));
  const ids = deliverMany(gmail, 60);

  world.call('sendNewMail');
  assert.equal(world.server.requests.length, 4);
  const pausedUntil = Number(world.properties.get('PAUSED_UNTIL'));
  assert.equal(pausedUntil, world.clock + 20 * 7000);

  gmail.calls.length = 0;
  world.clock += MINUTE_MS;
  world.call('sendNewMail');
  assert.deepEqual(gmail.calls, []);

  world.clock = pausedUntil;
  world.call('sendNewMail');
  assert.deepEqual(gmail.calls, ['list', 'get minimal', 'get raw']);
  assert.deepEqual(world.server.posted().at(-1), ['m1']);
  assert.equal(world.server.requests.length, 5);

  world.clock += MINUTE_MS;
  world.server = new FakeServer(SECRET);
  world.call('sendNewMail');
  assert.deepEqual(world.server.posted(), [['m1'], ids.slice(1, 51), ids.slice(51)]);
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
  assert.equal(world.properties.has('PAUSED_UNTIL'), false);
});

test('a server that does not answer for a minute is not asked again in the same run', () => {
  const { gmail, world } = installed();
  deliverMany(gmail, 1);
  let asked = 0;
  world.server.fetch = () => {
    asked += 1;
    world.clock += MINUTE_MS;
    throw new Error('Timeout: https://desk.example.com');
  };

  world.call('sendNewMail');

  assert.equal(asked, 1);
  assert.deepEqual(world.sleeps, []);
  assert.deepEqual(gmail.labelled('TriggerMail'), ['m1']);
  assert.match(logged(world, 'error')[0], /could not be reached: Timeout/);
  assert.equal(Number(world.properties.get('PAUSED_UNTIL')), world.clock + 20 * MINUTE_MS);
});

test('a connection that fails once is tried again', () => {
  const { gmail, world } = installed();
  deliverMany(gmail, 1);
  const { server } = world;
  const fetch = server.fetch.bind(server);
  server.fetch = () => {
    server.fetch = fetch;
    throw new Error('Address unavailable');
  };

  world.call('sendNewMail');

  assert.deepEqual(world.sleeps, [1000]);
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
});

test('a wrong secret is one request, a clear line in the log and no lost label', () => {
  const { gmail, world } = installed();
  deliverMany(gmail, 60);
  world.properties.set('WEBHOOK_SECRET', `whsec_${Buffer.alloc(32, 7).toString('base64')}`);

  world.call('sendNewMail');

  assert.equal(world.server.requests.length, 1);
  assert.deepEqual(world.sleeps, []);
  assert.equal(gmail.labelled('TriggerMail').length, 60);
  assert.match(logged(world, 'error')[0], /401.*WEBHOOK_SECRET is none of the server's/);
});

for (const [code, text] of [
  [200, '{"results": []}'],
  [202, '<html>not the desk</html>'],
  [202, '{"results": null}'],
  [302, ''],
  [400, ''],
  [404, ''],
]) {
  test(`an answer ${code} "${text}" acknowledges nothing and ends the run`, () => {
    const { gmail, world } = installed(() => ({ code, text }));
    deliverMany(gmail, 60);

    world.call('sendNewMail');

    assert.equal(world.server.requests.length, 1);
    assert.equal(gmail.labelled('TriggerMail').length, 60);
    assert.equal(logged(world, 'error').length, 1);
  });
}

test('a message deleted after it was listed is passed over', () => {
  const { gmail, world } = installed();
  deliverMany(gmail, 3);
  gmail.fail('get minimal', 'm1', 'Requested entity was not found.', 404);
  gmail.fail('get raw', 'm2', 'Requested entity was not found.', 404);

  world.call('sendNewMail');

  assert.deepEqual(world.server.posted(), [['m3']]);
});

test('a message that Gmail fails to give keeps its label and holds nobody up', () => {
  const { gmail, world } = installed();
  deliverMany(gmail, 3);
  gmail.fail('get raw', 'm2', 'Service error');

  world.call('sendNewMail');

  assert.deepEqual(world.server.posted(), [['m1', 'm3']]);
  assert.deepEqual(gmail.labelled('TriggerMail'), ['m2']);
  assert.equal(world.properties.has('PAUSED_UNTIL'), false);
});

test('a large mail that Gmail fails to give three times goes as its headers', () => {
  const { gmail, world } = installed();
  gmail.deliver('big', 'Subject: big\r\n\r\n', { sizeEstimate: 30 * MIB });
  gmail.fail('get raw', 'big', 'Response too large');

  for (let run = 0; run < 3; run += 1) world.call('sendNewMail');
  assert.equal(world.server.requests.length, 0);
  world.call('sendNewMail');

  assert.equal(world.server.requests[0].messages[0].oversize, true);
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
});

test('an outage does not count against a large mail', () => {
  const { gmail, world } = installed(status(503));
  gmail.deliver('big', Buffer.alloc(8 * MIB, 'x'));

  for (let run = 0; run < 4; run += 1) {
    world.call('sendNewMail');
    world.clock += 30 * MINUTE_MS;
  }
  world.server = new FakeServer(SECRET);
  world.call('sendNewMail');

  assert.equal(world.server.requests[0].messages[0].oversize, undefined);
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
});

test('when labels cannot be taken off, the mail is posted again and is a duplicate', () => {
  const { gmail, world } = installed();
  deliverMany(gmail, 1);
  gmail.fail('batchModify', '*', 'Backend error');
  world.call('sendNewMail');
  assert.deepEqual(gmail.labelled('TriggerMail'), ['m1']);
  gmail.failures.clear();

  world.call('sendNewMail');

  assert.deepEqual(world.server.posted(), [['m1'], ['m1']]);
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
});

test('a run stops before the time limit and the next goes on from there', () => {
  const { gmail, world } = installed((request, count, server) => {
    world.clock += 2 * MINUTE_MS;
    return acceptAll(request, count, server);
  });
  const ids = deliverMany(gmail, 200);

  world.call('sendNewMail');
  assert.deepEqual(
    world.server.posted(),
    [0, 50, 100].map((at) => ids.slice(at, at + 50)),
  );
  assert.deepEqual(gmail.labelled('TriggerMail'), ids.slice(150));

  world.call('sendNewMail');
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
});

test('close to the time limit a failure is not retried', () => {
  const { gmail, world } = installed((request, count, server) => {
    if (count > 1) return { code: 503, text: '' };
    world.clock += 4.5 * MINUTE_MS - 500;
    return acceptAll(request, count, server);
  });
  const ids = deliverMany(gmail, 51);

  world.call('sendNewMail');

  assert.equal(world.server.requests.length, 2);
  assert.deepEqual(world.sleeps, []);
  assert.deepEqual(gmail.labelled('TriggerMail'), ids.slice(50));
});

test('a large mail is not read for a server that has just failed', () => {
  const { gmail, world } = installed(status(503));
  deliverMany(gmail, 1);
  gmail.deliver('big', Buffer.alloc(8 * MIB, 'x'));

  world.call('sendNewMail');

  assert.deepEqual(gmail.calls, ['list', 'get minimal', 'get raw', 'get minimal']);
  assert.equal(world.properties.has('TRIES_big'), false);
  assert.deepEqual(gmail.labelled('TriggerMail'), ['m1', 'big']);
});

test('a mail that is larger than Gmail estimated still goes as its headers', () => {
  const { gmail, world } = installed();
  gmail.deliver('big', Buffer.concat([Buffer.from('A: b\r\n\r\n'), Buffer.alloc(35 * MIB)]), {
    sizeEstimate: 100,
  });

  world.call('sendNewMail');

  assert.equal(world.server.requests[0].messages[0].oversize, true);
  assert.equal(world.server.requests[0].messages[0].size, 35 * MIB + 8);
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
});

test('a run that meets another one at work leaves without asking Gmail', () => {
  const { gmail, world } = installed();
  deliverMany(gmail, 1);
  world.lockHeld = true;

  world.call('sendNewMail');

  assert.deepEqual(gmail.calls, []);
  assert.equal(world.lockReleased, 0);
});

test('spam and trash are not posted, and mail taken out of spam is', () => {
  const { gmail, world } = installed();
  gmail.deliver('spam', 'Subject: s\r\n\r\n', { labelIds: ['SPAM'] });
  world.call('sendNewMail');
  assert.equal(world.server.requests.length, 0);

  gmail.messages.get('spam').labels.delete('SPAM');
  world.call('sendNewMail');

  assert.deepEqual(world.server.posted(), [['spam']]);
});

test('without setup a run says so and releases the lock', () => {
  const { gmail, world } = installed();
  world.properties.delete('TRIGGER_LABEL_ID');

  assert.throws(() => world.call('sendNewMail'), /Run setup\(\) once/);

  assert.equal(world.lockReleased, 1);
  assert.deepEqual(gmail.calls, []);
});

test('setup creates labels, the filter for all mail and the two triggers', () => {
  const gmail = new FakeGmail();
  const server = new FakeServer(SECRET);
  const world = loadScript({ gmail, server, properties: PROPERTIES });

  world.call('setup');

  assert.deepEqual(gmail.labels.slice(1), [
    { id: 'Label_1', name: 'TriggerMail' },
    { id: 'Label_2', name: 'TriggerMail/Failed' },
  ]);
  assert.deepEqual(gmail.filters, [
    {
      id: 'Filter_0',
      criteria: { size: 1, sizeComparison: 'larger' },
      action: { addLabelIds: ['Label_1'] },
    },
  ]);
  assert.deepEqual(
    world.triggers.map(({ minutes, getHandlerFunction }) => [minutes, getHandlerFunction()]),
    [
      [1, 'sendNewMail'],
      [15, 'reconcile'],
    ],
  );
  assert.equal(world.properties.get('TRIGGER_LABEL_ID'), 'Label_1');
  assert.equal(world.properties.get('FAILED_LABEL_ID'), 'Label_2');
  assert.deepEqual(server.posted(), [[]]);
});

test('setup run again changes nothing, mends what is missing and ends a pause', () => {
  const { gmail, world } = installed();
  const before = JSON.stringify([gmail.labels, gmail.filters]);
  world.properties.set('PAUSED_UNTIL', String(world.clock + MINUTE_MS));
  world.triggers.push({ minutes: 1, getHandlerFunction: () => 'sendNewMail' });
  world.triggers.push({ minutes: 5, getHandlerFunction: () => 'another' });

  world.call('setup');

  assert.equal(JSON.stringify([gmail.labels, gmail.filters]), before);
  assert.deepEqual(
    world.triggers.map(({ getHandlerFunction }) => getHandlerFunction()),
    ['sendNewMail', 'reconcile', 'another'],
  );
  assert.equal(world.properties.has('PAUSED_UNTIL'), false);
});

for (const [properties, message] of [
  [{}, /WEBHOOK_URL/],
  [{ ...PROPERTIES, WEBHOOK_URL: 'desk.example.com' }, /WEBHOOK_URL/],
  [{ WEBHOOK_URL: URL_PROPERTY }, /WEBHOOK_SECRET/],
  [{ ...PROPERTIES, WEBHOOK_SECRET: 'MDEyMzQ1' }, /WEBHOOK_SECRET/],
]) {
  test(`setup with ${JSON.stringify(properties)} names what is missing and creates nothing`, () => {
    const gmail = new FakeGmail();
    const world = loadScript({ gmail, server: new FakeServer(SECRET), properties });

    assert.throws(() => world.call('setup'), { message });

    assert.deepEqual(gmail.calls, []);
    assert.deepEqual(world.triggers, []);
  });
}

test('setup says so when the server refuses the secret', () => {
  const server = new FakeServer(`whsec_${Buffer.alloc(32, 7).toString('base64')}`);
  const world = loadScript({ server, properties: PROPERTIES });

  assert.throws(() => world.call('setup'), { message: /401.*WEBHOOK_SECRET/ });
});

test('an address without its last slash is completed: a redirect would lose the post', () => {
  const { gmail, world } = installed();
  world.properties.set('WEBHOOK_URL', ` ${URL_PROPERTY.slice(0, -1)} `);
  deliverMany(gmail, 1);

  world.call('sendNewMail');

  assert.equal(world.server.requests[0].url, URL_PROPERTY);
});

test('uninstall removes trigger and filter and leaves the labels', () => {
  const { gmail, world } = installed();
  deliverMany(gmail, 1);
  gmail.filters.push({ id: 'own', criteria: { from: 'a@b' }, action: { addLabelIds: ['x'] } });

  world.call('uninstall');

  assert.deepEqual(world.triggers, []);
  assert.deepEqual(
    gmail.filters.map(({ id }) => id),
    ['own'],
  );
  assert.deepEqual(gmail.labelled('TriggerMail'), ['m1']);
});

const HOUR_MS = 60 * MINUTE_MS;

/** Answers as the server does that has received all but these. */
const lacks = (...missing) => (request, count, server) =>
  request.ids
    ? { code: 200, text: JSON.stringify({ missing: request.ids.filter((id) => missing.includes(id)) }) }
    : acceptAll(request, count, server);

/** A mail of so long ago that lost its label. */
function settled(gmail, world, id, ageMs, labelIds = ['INBOX']) {
  gmail.deliver(id, `Subject: ${id}\r\n\r\n${id}\r\n`, {
    internalDate: world.clock - ageMs,
    labelIds,
  });
  gmail.messages.get(id).labels.delete(gmail.labels.find((l) => l.name === 'TriggerMail').id);
}

test('reconcile names the mail of the last 72 hours and nothing that it need not', () => {
  const { gmail, world } = installed(lacks());
  settled(gmail, world, 'too-old', 73 * HOUR_MS);
  settled(gmail, world, 'oldest', 71 * HOUR_MS);
  settled(gmail, world, 'sent', HOUR_MS, ['SENT']);
  settled(gmail, world, 'draft', HOUR_MS, ['DRAFT']);
  settled(gmail, world, 'spam', HOUR_MS, ['SPAM']);
  gmail.deliver('waits', 'Subject: waits\r\n\r\n', { internalDate: world.clock - HOUR_MS });
  settled(gmail, world, 'rejected', HOUR_MS);
  gmail.messages.get('rejected').labels.add(gmail.labels.find((l) => l.name === 'TriggerMail/Failed').id);
  settled(gmail, world, 'newest', 6 * MINUTE_MS);
  settled(gmail, world, 'just-now', MINUTE_MS);

  world.call('reconcile');

  const [request, ...others] = world.server.requests;
  assert.equal(request.url, `${URL_PROPERTY}reconcile/`);
  assert.deepEqual(request.ids, ['oldest', 'waits', 'newest']);
  assert.deepEqual(others, []);
  assert.deepEqual(gmail.calls, ['list']);
  assert.equal(world.properties.has('LAST_GAP'), false);
  assert.equal(world.lockReleased, 1);
});

test('reconcile sends what was never received, and records the gap', () => {
  const { gmail, world } = installed(lacks('b', 'c'));
  settled(gmail, world, 'a', 3 * HOUR_MS);
  settled(gmail, world, 'b', 2 * HOUR_MS);
  settled(gmail, world, 'c', HOUR_MS);

  world.call('reconcile');

  const [, sent] = world.server.requests;
  assert.equal(sent.url, URL_PROPERTY);
  assert.deepEqual(sent.messages.map(({ id }) => id), ['b', 'c']);
  assert.equal(world.properties.get('LAST_GAP'), `${new Date(world.clock).toISOString()} 2`);
  assert.match(logged(world, 'warn')[0], /never received 2 message/);
});

test('reconcile calls for an empty mailbox, too: the call is the heartbeat', () => {
  const { world } = installed(lacks());

  world.call('reconcile');

  assert.deepEqual(world.server.requests.map(({ ids }) => ids), [[]]);
});

test('reconcile asks in pieces that the server takes', () => {
  const { gmail, world } = installed(lacks('m1', 'm10001'));
  gmail.pageSize = 500;
  const moment = world.clock - HOUR_MS;
  for (let index = 1; index <= 10_000; index += 1) {
    gmail.messages.set(`m${index}`, {
      id: `m${index}`, bytes: Buffer.from('Subject: x\r\n\r\n'), internalDate: moment,
      sizeEstimate: 20, labels: new Set(['INBOX']),
    });
  }

  world.call('reconcile');

  const asked = world.server.requests.filter(({ ids }) => ids).map(({ ids }) => ids.length);
  assert.deepEqual(asked, [10_000]);
  assert.deepEqual(world.server.posted.call({ requests: world.server.requests.slice(1) }), [['m1']]);
});

test('a server that is away is asked again at the next round, and that costs a pause', () => {
  const { gmail, world } = installed(status(503));
  settled(gmail, world, 'a', HOUR_MS);

  world.call('reconcile');

  assert.equal(world.server.requests.length, 4);
  assert.match(logged(world, 'error')[0], /answered 503.*What is missing is not known/);
  assert.ok(Number(world.properties.get('PAUSED_UNTIL')) > world.clock);
  assert.equal(world.properties.has('LAST_GAP'), false);
});

test('a heartbeat comes while a backlog is posted, and what is missing waits', () => {
  const { gmail, world } = installed(lacks('a'));
  settled(gmail, world, 'a', HOUR_MS);
  world.lockHeld = true;

  world.call('reconcile');

  assert.deepEqual(world.server.requests.map(({ ids }) => ids), [['a']]);
  assert.deepEqual(gmail.calls, ['list']);
  assert.equal(world.properties.get('LAST_GAP'), `${new Date(world.clock).toISOString()} 1`);
});

test('mail that nobody posts, because its trigger is gone, is a gap and is sent', () => {
  const { gmail, world } = installed(lacks('waits'));
  gmail.deliver('waits', 'Subject: waits\r\n\r\n', { internalDate: world.clock - HOUR_MS });

  world.call('reconcile');

  assert.deepEqual(world.server.requests[1].messages.map(({ id }) => id), ['waits']);
  assert.deepEqual(gmail.labelled('TriggerMail'), []);
  assert.match(logged(world, 'warn')[0], /never received 1 message/);
});
