#include "metrics.h"

#include "module.h"

// Answers in Prometheus' text format for the engine of this location. Other workers are up to a
// second behind.
static ngx_int_t Handle(ngx_http_request_t* r) {
  ngx_http_stile_loc_conf_t* location = ngx_http_get_module_loc_conf(r, ngx_http_stile_module);
  ngx_http_stile_engine_t* engine = location->engine;
  size_t room = ngx_http_stile_totals_room();
  ngx_chain_t chain;
  ngx_buf_t* buffer;
  ngx_int_t rc;

  if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) return NGX_HTTP_NOT_ALLOWED;
  if (engine == NULL || engine->engine == NULL) return NGX_HTTP_NOT_FOUND;
  rc = ngx_http_discard_request_body(r);
  if (rc != NGX_OK) return rc;
  buffer = ngx_create_temp_buf(r->pool, room);
  if (buffer == NULL) return NGX_HTTP_INTERNAL_SERVER_ERROR;
  ngx_http_stile_totals_add(engine->engine, &engine->told, engine->totals);
  buffer->last = ngx_http_stile_totals_write(engine->totals, buffer->pos, buffer->end);
  buffer->last_buf = r == r->main;
  buffer->last_in_chain = 1;
  r->headers_out.status = NGX_HTTP_OK;
  r->headers_out.content_length_n = buffer->last - buffer->pos;
  ngx_str_set(&r->headers_out.content_type, "text/plain; version=0.0.4");
  r->headers_out.content_type_len = r->headers_out.content_type.len;
  rc = ngx_http_send_header(r);
  if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) return rc;
  chain.buf = buffer;
  chain.next = NULL;
  return ngx_http_output_filter(r, &chain);
}

char* ngx_http_stile_set_metrics(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
  ngx_http_core_loc_conf_t* location = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
  location->handler = Handle;
  return NGX_CONF_OK;
}
