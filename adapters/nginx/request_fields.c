#include "request_fields.h"

static stile_str Borrow(const ngx_str_t* text) {
  stile_str borrowed = {(const char*)text->data, text->len};
  return borrowed;
}

// Who a client is, after the realip module has had its say. A client of a unix socket is nobody
// known.
static void ReadAddress(const ngx_connection_t* connection, stile_request* request) {
  const struct sockaddr* address = connection->sockaddr;

  if (address->sa_family == AF_INET) {
    request->address_family = 4;
    ngx_memcpy(request->address, &((const struct sockaddr_in*)address)->sin_addr, 4);
  }
#if (NGX_HAVE_INET6)
  if (address->sa_family == AF_INET6) {
    const struct in6_addr* six = &((const struct sockaddr_in6*)address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(six)) {
      request->address_family = 4;
      ngx_memcpy(request->address, six->s6_addr + 12, 4);
    } else {
      request->address_family = 6;
      ngx_memcpy(request->address, six->s6_addr, 16);
    }
  }
#endif
}

// The value of one of the directives that tell what nginx knows; empty if there is none.
static ngx_int_t Evaluate(ngx_http_request_t* r, ngx_http_complex_value_t* told, ngx_str_t* value) {
  ngx_str_null(value);
  return told == NULL ? NGX_OK : ngx_http_complex_value(r, told, value);
}

static ngx_int_t ReadTold(ngx_http_request_t* r, const ngx_http_stile_loc_conf_t* location,
                          stile_request* request) {
  ngx_str_t value;

  if (location->https != NULL) {
    if (Evaluate(r, location->https, &value) != NGX_OK) return NGX_ERROR;
    if ((value.len == 5 && ngx_strncasecmp(value.data, (u_char*)"https", 5) == 0) ||
        (value.len == 2 && ngx_strncasecmp(value.data, (u_char*)"on", 2) == 0) ||
        (value.len == 1 && value.data[0] == '1')) {
      request->flags |= STILE_REQUEST_HTTPS;
    }
#if (NGX_HTTP_SSL)
  } else if (r->connection->ssl != NULL) {
    request->flags |= STILE_REQUEST_HTTPS;
#endif
  }
  if (Evaluate(r, location->country, &value) != NGX_OK) return NGX_ERROR;
  if (value.len < sizeof(request->country)) {
    ngx_memcpy(request->country, value.data, value.len);
  }
  if (Evaluate(r, location->asn, &value) != NGX_OK) return NGX_ERROR;
  if (value.len > 2 && (value.data[0] | 0x20) == 'a' && (value.data[1] | 0x20) == 's') {
    value.data += 2;  // As databases write it: "AS64496".
    value.len -= 2;
  }
  if (value.len != 0 && value.len <= 10) {
    ngx_int_t asn = ngx_atoi(value.data, value.len);
    if (asn > 0 && (uint64_t)asn <= UINT32_MAX) request->asn = (uint32_t)asn;
  }
  if (Evaluate(r, location->tls_fingerprint, &value) != NGX_OK) return NGX_ERROR;
  request->tls_fingerprint = Borrow(&value);
  return NGX_OK;
}

// Whether the Host field names the host that nginx goes by, which an absolute target may have named
// first: an origin that is sent the other one would serve a site that nobody was asked about.
static ngx_uint_t NamesHost(const ngx_str_t* field, const ngx_str_t* host) {
  const u_char* rest;
  const u_char* end = field->data + field->len;

  if (field->len < host->len || ngx_strncasecmp(field->data, host->data, host->len) != 0) return 0;
  rest = field->data + host->len;
  if (rest < end && *rest == '.') rest++;
  return rest == end || *rest == ':';
}

static ngx_uint_t CountFields(const ngx_list_t* list) {
  const ngx_list_part_t* part;
  ngx_uint_t count = 0;

  for (part = &list->part; part != NULL; part = part->next) count += part->nelts;
  return count;
}

void ngx_http_stile_read_line(const ngx_http_request_t* r,
                              const ngx_http_stile_loc_conf_t* location, stile_request* request) {
  ngx_memzero(request, sizeof(stile_request));
  request->struct_size = sizeof(stile_request);
  request->method = Borrow(&r->method_name);
  request->target = Borrow(&r->unparsed_uri);
  request->host = Borrow(&r->headers_in.server);
  request->site = location->site;
  ReadAddress(r->connection, request);
}

ngx_int_t ngx_http_stile_read_request(ngx_http_request_t* r,
                                      const ngx_http_stile_loc_conf_t* location,
                                      stile_field* fields, stile_request* request) {
  ngx_uint_t count = CountFields(&r->headers_in.headers);
  const ngx_list_part_t* part;
  ngx_uint_t i;

  if (r->headers_in.host != NULL && r->headers_in.server.len != 0 &&
      !NamesHost(&r->headers_in.host->value, &r->headers_in.server)) {
    return NGX_HTTP_BAD_REQUEST;
  }
  if (count > NGX_HTTP_STILE_FIELDS) {
    fields = ngx_palloc(r->pool, count * sizeof(stile_field));
    if (fields == NULL) return NGX_ERROR;
  }
  ngx_http_stile_read_line(r, location, request);
  request->fields = fields;
  request->field_count = count;
  for (part = &r->headers_in.headers.part; part != NULL; part = part->next) {
    const ngx_table_elt_t* sent = part->elts;
    for (i = 0; i < part->nelts; i++, fields++) {
      fields->name = Borrow(&sent[i].key);
      fields->value = Borrow(&sent[i].value);
    }
  }
  return ReadTold(r, location, request);
}
