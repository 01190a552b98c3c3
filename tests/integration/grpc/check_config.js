// Checks a configuration of Envoy against Envoy's own protos:
//
//   node check_config.js < envoy.json
//
// Every key must be a field of its message, every value of its type, and every "@type" a message
// that is known. Says each mistake in a line. What the protos say of limits and of what is required
// is not checked, nor what Envoy makes of it all.
'use strict';

const fs = require('fs');
const path = require('path');
const modules = process.env.STILE_NODE_MODULES;
const protobuf = require(path.join(modules, 'protobufjs'));

const deps = path.join(modules, '@grpc/grpc-js-xds/deps');
const folders = ['envoy-api', 'xds', 'protoc-gen-validate', 'googleapis'].map(
    (folder) => path.join(deps, folder)).concat(path.join(modules, 'protobufjs'));
const root = new protobuf.Root();
root.resolvePath = (origin, target) => {
  for (const folder of folders) {
    const file = path.join(folder, target);
    if (fs.existsSync(file)) return file;
  }
  return protobuf.common.get(target) ? target : protobuf.util.path.resolve(origin, target);
};
root.loadSync([
  'envoy/config/bootstrap/v3/bootstrap.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/filters/http/ext_authz/v3/ext_authz.proto',
  'envoy/extensions/filters/http/header_mutation/v3/header_mutation.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
], {keepCase: true});
root.resolveAll();

const mistakes = [];
const NUMBERS = ['int32', 'int64', 'uint32', 'uint64', 'sint32', 'sint64', 'fixed32', 'fixed64',
                 'double', 'float'];
const WRAPPERS = {BoolValue: 'bool', StringValue: 'string', UInt32Value: 'uint32',
                  UInt64Value: 'uint64', DoubleValue: 'double', Int64Value: 'int64'};

function scalar(type, value, place) {
  const expected = type === 'bool' ? 'boolean' : NUMBERS.includes(type) ? 'number' : 'string';
  if (typeof value !== expected) mistakes.push(`${place}: ${JSON.stringify(value)} is no ${type}`);
}

function single(field, value, place) {
  const type = field.resolvedType;
  if (!type) return scalar(field.type, value, place);
  if (type instanceof protobuf.Enum) {
    if (!(value in type.values)) mistakes.push(`${place}: ${value} is none of ${type.fullName}`);
    return undefined;
  }
  if (type.fullName === '.google.protobuf.Duration') {
    if (!/^\d+(\.\d+)?s$/.test(value)) mistakes.push(`${place}: ${value} is no duration`);
    return undefined;
  }
  if (type.fullName.startsWith('.google.protobuf.') && type.name in WRAPPERS) {
    return scalar(WRAPPERS[type.name], value, place);
  }
  if (type.fullName === '.google.protobuf.Any') {
    const name = String(value['@type']).replace(/^type\.googleapis\.com\//, '');
    const {'@type': _, ...rest} = value;
    try {
      return message(root.lookupType(name), rest, place);
    } catch (error) {
      return mistakes.push(`${place}: ${error.message}`);
    }
  }
  return message(type, value, place);
}

function message(type, object, place) {
  if (object === null || typeof object !== 'object' || Array.isArray(object)) {
    return mistakes.push(`${place}: this is no ${type.fullName}`);
  }
  for (const [key, value] of Object.entries(object)) {
    const field = type.fields[key];
    const at = `${place}.${key}`;
    if (!field) {
      mistakes.push(`${at}: ${type.fullName} has no such field`);
    } else if (field.map) {
      for (const [name, one] of Object.entries(value)) single(field, one, `${at}[${name}]`);
    } else if (field.repeated) {
      if (!Array.isArray(value)) mistakes.push(`${at}: this is no list`);
      else value.forEach((one, i) => single(field, one, `${at}[${i}]`));
    } else {
      single(field, value, at);
    }
  }
  return undefined;
}

message(root.lookupType('envoy.config.bootstrap.v3.Bootstrap'),
        JSON.parse(fs.readFileSync(0, 'utf8')), 'bootstrap');
for (const mistake of mistakes) console.log(mistake);
process.exit(mistakes.length === 0 ? 0 : 1);
