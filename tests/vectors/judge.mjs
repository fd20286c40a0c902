// Judges webhooks.json by itself: whether a signature fits, and whether a callback decrypts to an order.
// It knows nothing of the bodies of webhooks, so what is signed is "accepted" or "unreadable" alike; forms and the
// making of receivers are beyond it.
//
// node judge.mjs webhooks.json

import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

const file = JSON.parse(readFileSync(process.argv[2], 'utf8'));

function bytes(blob) {
  if (typeof blob === 'string') return Buffer.from(blob, 'utf8');
  if ('base64' in blob) return Buffer.from(blob.base64, 'base64');
  if ('repeat' in blob) return Buffer.concat(Array(blob.times).fill(bytes(blob.repeat)));
  return Buffer.concat(blob.parts.map(bytes));
}

const dueTo = (vector) => file.due.find((due) => due.provider === vector.provider && due.kind === vector.kind);

function signatureOf(vector) {
  const name = dueTo(vector).header;
  const values = vector.headers?.filter(([header]) => header.toLowerCase() === name) ?? [];
  return values.length === 1 ? bytes(values[0][1]).toString('latin1') : undefined;
}

const fits = (vector, message, signatures) =>
  vector.secrets.some((secret) => {
    const tag = createHmac('sha256', bytes(secret)).update(message).digest();
    return signatures.some((signature) => signature.length === 32 && timingSafeEqual(tag, signature));
  });

function turratech(vector, body) {
  const entries = (signatureOf(vector) ?? '').split(',', dueTo(vector).entries);
  const times = entries.filter((entry) => entry.startsWith('t=')).map((entry) => entry.slice(2));
  if (times.length !== 1 || !/^(0|[1-9][0-9]*)$/.test(times[0])) return false;
  const distance = BigInt(times[0]) - BigInt(vector.clock);
  if (distance > dueTo(vector).tolerance || distance < -dueTo(vector).tolerance) return false;
  const digits = entries.filter((entry) => /^v1=[0-9a-f]{64}$/.test(entry) && entry.length === 67);
  const message = Buffer.concat([Buffer.from(`${times[0]}.`), body]);
  return fits(vector, message, digits.map((entry) => Buffer.from(entry.slice(3), 'hex')));
}

function turbopay(vector, body) {
  const text = signatureOf(vector) ?? '';
  const hex = /^[0-9a-fA-F]{64}$/.test(text) && text.length === 64;
  const signature = hex ? Buffer.from(text, 'hex') : strictBase64(text);
  return signature !== undefined && fits(vector, body, [signature]);
}

/** Only the one way of writing it: what Node reads leniently does not come out as it went in. */
function strictBase64(text) {
  const read = Buffer.from(text, 'base64');
  return read.toString('base64') === text ? read : undefined;
}

function turboTxn(vector, body) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const outer = object(text.decode(body), 'encryptedData');
    const data = strictBase64(outer);
    for (const secret of vector.secrets) {
      try {
        const cipher = createDecipheriv('aes-256-cbc', Buffer.from(bytes(secret).toString(), 'base64'), data.subarray(0, 16));
        const plain = Buffer.concat([cipher.update(data.subarray(16)), cipher.final()]);
        const order = object(text.decode(plain), 'orderId');
        if (/^[\x21-\x7e]{1,100}$/.test(order) && !order.includes('\n')) return order;
      } catch {
        // The next key may fit.
      }
    }
  } catch {
    // Whatever is wrong with it, it is the same failure.
  }
  return undefined;
}

/** The text of a member that stands in an object once. */
function object(json, member) {
  const read = JSON.parse(json);
  if (Array.isArray(read) || json.split(`"${member}"`).length !== 2) throw new Error('not one');
  if (typeof read[member] !== 'string') throw new Error('no text');
  return read[member];
}

let [judged, wrong, left] = [0, 0, 0];
for (const vector of file.vectors) {
  if (vector.expect === 'refused-when-built' || vector.provider === 'card3ds') {
    left += 1;
    continue;
  }
  const body = bytes(vector.body);
  let holds;
  if (body.length > dueTo(vector).longest_body) {
    holds = vector.expect === 'unproven';
  } else if (vector.provider === 'turbo-txn') {
    const order = turboTxn(vector, body);
    holds = vector.expect === (order === undefined ? 'unproven' : 'hint') && vector.reads?.order === order;
  } else {
    const proved = (vector.provider === 'turratech' ? turratech : turbopay)(vector, body);
    holds = proved === ['accepted', 'unreadable'].includes(vector.expect);
  }
  judged += 1;
  if (!holds) {
    wrong += 1;
    console.log(`${vector.provider}: ${vector.name}: not ${vector.expect}`);
  }
}
console.log(`${judged} judged, ${wrong} of them otherwise, ${left} left to others`);
process.exitCode = wrong === 0 ? 0 : 1;
