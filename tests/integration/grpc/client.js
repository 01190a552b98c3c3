// A gRPC client that is none of Stile's, with Envoy's own protos, for the tests in Python:
//
//   node client.js ADDRESS
//
// Reads one order in JSON from each line of its input and writes its outcome in one line.
//   {"do": "check", "request": {...}, "count": 1, "deadline": 30000}   CheckRequest, so often at once
//   {"do": "health", "service": ""}
//   {"do": "raw", "method": "/a.B/C", "message": "<base64>"}           any bytes to any method
//   {"do": "hold"}                      begins a check whose message never ends; outcome at its end
// Outcome: {"results": [{"code": 0, "response": {...}} or {"code": 4, "details": "..."}]}.
'use strict';

const path = require('path');
const readline = require('readline');
const modules = process.env.STILE_NODE_MODULES;
const grpc = require(path.join(modules, '@grpc/grpc-js'));
const loader = require(path.join(modules, '@grpc/proto-loader'));

const deps = path.join(modules, '@grpc/grpc-js-xds/deps');
const definition = loader.loadSync('envoy/service/auth/v3/external_auth.proto', {
  keepCase: true, longs: Number, enums: String, defaults: false, oneofs: true,
  includeDirs: ['envoy-api', 'xds', 'protoc-gen-validate', 'googleapis'].map(
      (folder) => path.join(deps, folder)),
});
const Authorization = grpc.loadPackageDefinition(definition).envoy.service.auth.v3.Authorization;

const credentials = grpc.credentials.createInsecure();
const options = {'grpc.enable_retries': 0, 'grpc.max_receive_message_length': -1,
                 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 200};
const address = process.argv[2];
const client = new Authorization(address, credentials, options);
const bytes = (value) => value;

function outcome(resolve) {
  return (error, response) => resolve(
      error ? {code: error.code, details: error.details} : {code: 0, response});
}

function until(order) {
  return {deadline: Date.now() + (order.deadline || 30000)};
}

function raw(order, method, message) {
  return new Promise((resolve) => client.makeUnaryRequest(
      method, bytes, (answer) => ({bytes: answer.toString('base64')}), message, until(order),
      outcome(resolve)));
}

const orders = {
  check: (order) => Promise.all(Array.from({length: order.count || 1}, () => new Promise(
      (resolve) => client.Check(order.request, until(order), outcome(resolve))))),
  health: async (order) => {
    const name = Buffer.from(order.service || '');
    const message = name.length ? Buffer.concat([Buffer.from([10, name.length]), name]) : name;
    return [await raw(order, '/grpc.health.v1.Health/Check', message)];
  },
  raw: async (order) => [await raw(order, order.method, Buffer.from(order.message, 'base64'))],
  hold: (order) => new Promise((resolve) => {
    const call = client.makeClientStreamRequest(
        '/envoy.service.auth.v3.Authorization/Check', bytes, bytes, until(order),
        (error, response) => resolve([error ? {code: error.code, details: error.details} : {
          code: 0, response}]));
    call.on('error', () => {});
  }),
};

readline.createInterface({input: process.stdin}).on('line', async (line) => {
  const order = JSON.parse(line);
  const results = await orders[order.do](order);
  process.stdout.write(JSON.stringify({id: order.id, results}) + '\n');
}).on('close', () => process.exit(0));
