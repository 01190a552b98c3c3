// What came of a request, for logs, for the origin and for whatever else takes variables.
#include <stddef.h>

#include "module.h"

// Subrequests have the variables of the request that they belong to.
static ngx_int_t SetText(ngx_http_request_t* r, ngx_http_variable_value_t* v, uintptr_t offset) {
  const ngx_http_stile_visit_t* visit = ngx_http_stile_visit(r->main);
  const ngx_str_t* text;

  v->not_found = 1;
  if (visit == NULL) return NGX_OK;
  text = (const ngx_str_t*)((const char*)visit + offset);
  if (text->len == 0) return NGX_OK;
  v->data = text->data;
  v->len = (unsigned)text->len;
  v->valid = 1;
  v->no_cacheable = 0;
  v->not_found = 0;
  return NGX_OK;
}

static ngx_int_t SetName(ngx_http_request_t* r, ngx_http_variable_value_t* v, uintptr_t offset) {
  const ngx_http_stile_visit_t* visit = ngx_http_stile_visit(r->main);
  const char* name;

  v->not_found = 1;
  if (visit == NULL) return NGX_OK;
  if (offset == offsetof(ngx_http_stile_visit_t, verdict)) {
    if (visit->action == STILE_ACTION_ERROR) return NGX_OK;  // Nothing was found out.
    name = stile_verdict_name(visit->verdict);
  } else {
    name = visit->action == STILE_ACTION_ERROR ? "error" : stile_action_name(visit->action);
  }
  v->data = (u_char*)name;
  v->len = (unsigned)ngx_strlen(name);
  v->valid = 1;
  v->no_cacheable = 0;
  v->not_found = 0;
  return NGX_OK;
}

// Not cacheable: what is asked for before the decision is there afterwards.
static ngx_http_variable_t variables[] = {
    {ngx_string("stile_action"), NULL, SetName, offsetof(ngx_http_stile_visit_t, action),
     NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("stile_verdict"), NULL, SetName, offsetof(ngx_http_stile_visit_t, verdict),
     NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("stile_rule"), NULL, SetText, offsetof(ngx_http_stile_visit_t, rule),
     NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("stile_level"), NULL, SetText, offsetof(ngx_http_stile_visit_t, level),
     NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("stile_reference"), NULL, SetText, offsetof(ngx_http_stile_visit_t, reference),
     NGX_HTTP_VAR_NOCACHEABLE, 0},
    ngx_http_null_variable,
};

ngx_int_t ngx_http_stile_add_variables(ngx_conf_t* cf) {
  ngx_http_variable_t* from;

  for (from = variables; from->name.len != 0; from++) {
    ngx_http_variable_t* added = ngx_http_add_variable(cf, &from->name, from->flags);
    if (added == NULL) return NGX_ERROR;
    added->get_handler = from->get_handler;
    added->data = from->data;
  }
  return NGX_OK;
}
