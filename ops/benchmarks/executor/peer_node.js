// What a team would write with plain node instead: GET /unified/crm/contacts[/{id}] and GET /proxy/{path}, with accounts,
// keys and configuration in memory, as they are in an executor whose caches are warm.
// Environment: PORT, UPSTREAM (http://host:port), ENGINE=jsonata|hand, JSONATA (folder of jsonata-js's sources), MAPPING (file).
'use strict';
const http = require('http'), fs = require('fs'), path = require('path'), crypto = require('crypto');
const upstream = new URL(process.env.UPSTREAM);
const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
const accounts = new Map([['acc_1', { tenant: 't_1', token: 'tok_' + 'x'.repeat(40) }]]);
const keys = new Map([['Bearer key_1', { tenant: 't_1', scopes: ['unified:read', 'proxy'] }]]);

let mapPage;
if (process.env.ENGINE === 'hand') {
  mapPage = async (page) => page.results.map(contact);
} else {
  // The connector's own mapping, over the whole page.
  const record = fs.readFileSync(process.env.MAPPING, 'utf8').replace(/^response\b/, 'results');
  const expression = require(path.join(process.env.JSONATA, 'jsonata.js'))('{"result": [' + record + ']}');
  mapPage = async (page) => (await expression.evaluate(page)).result;
}

function contact(record) {
  const from = record.properties, emails = [], phones = [], custom = {};
  if (from.email) emails.push({ email: from.email, type: 'work', is_primary: true });
  if (from.hs_additional_emails) {
    for (const email of from.hs_additional_emails.split(';')) emails.push({ email, type: 'other', is_primary: false });
  }
  if (from.phone) phones.push({ number: from.phone, type: 'work' });
  if (from.mobilephone) phones.push({ number: from.mobilephone, type: 'mobile' });
  for (const key in from) if (key.includes('__c')) custom[key] = from[key];
  const company = record.associations.companies.results.find((each) => each.type === 'contact_to_company');
  return {
    id: record.id, first_name: from.firstname, last_name: from.lastname, name: from.firstname + ' ' + from.lastname,
    title: from.jobtitle, email_addresses: emails, phone_numbers: phones,
    addresses: from.address || from.city
      ? [{ street_1: from.address, city: from.city, state: from.state, postal_code: from.zip, country: from.country }] : [],
    account: company && { id: company.id, name: from.company },
    owner: from.hubspot_owner_id ? { id: from.hubspot_owner_id } : undefined,
    status: { NEW: 'open', OPEN: 'open', IN_PROGRESS: 'working' }[from.hs_lead_status],
    annual_revenue: from.annualrevenue ? Number(from.annualrevenue) : undefined, opted_out: from.hs_email_optout === 'true',
    urls: from.website ? [{ url: from.website, type: 'website' }] : undefined, custom_fields: custom,
    created_at: record.createdAt, updated_at: record.updatedAt,
  };
}

function fetchUpstream(target, token) {
  return new Promise((resolve, reject) => {
    http.get({
      host: upstream.hostname, port: upstream.port, path: target, agent,
      headers: { authorization: 'Bearer ' + token, accept: 'application/json' },
    }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, body: Buffer.concat(chunks) }));
      answer.on('error', reject);
    }).on('error', reject);
  });
}

function send(response, status, body, requestID) {
  response.writeHead(status, {
    'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-request-id': requestID,
  });
  response.end(body);
}

http.createServer(async (request, response) => {
  const requestID = crypto.randomUUID();
  try {
    const url = new URL(request.url, 'http://localhost'), segments = url.pathname.split('/');
    const key = keys.get(request.headers.authorization);
    if (!key) return send(response, 401, '{"error":"no such key"}', requestID);
    const account = accounts.get(url.searchParams.get('integrated_account_id'));
    if (!account || account.tenant !== key.tenant) return send(response, 404, '{"error":"no such account"}', requestID);
    if (segments[1] === 'proxy') {
      const answer = await fetchUpstream('/' + segments.slice(2).join('/'), account.token);
      return send(response, answer.status, answer.body, requestID);
    }
    const id = segments[4];
    const limit = Number(url.searchParams.get('limit') || 50);
    const answer = await fetchUpstream(id ? `/contacts/${id}.json` : `/contacts.json?limit=${limit}`, account.token);
    const page = JSON.parse(answer.body);
    const result = await mapPage(id ? { results: [page] } : page);
    send(response, 200, JSON.stringify(id ? result[0] : {
      result, next_cursor: page.paging?.next?.after ?? null, prev_cursor: null, result_count: result.length,
      total_count: null, is_partial_response: false, meta: { request_id: requestID },
    }), requestID);
  } catch (error) {
    send(response, 500, JSON.stringify({ error: String(error && error.message || error) }), requestID);
  }
}).listen(Number(process.env.PORT), '127.0.0.1');
