// Stile inside nginx: what the files of this module share.
//
// The master reads the configuration and makes an engine for each stile.toml (engine.h); workers
// are forked from it, and each makes its own stile_worker. A request is decided about once, in the
// PREACCESS phase (decision.c), and what came of it stays with it as a visit until it is logged,
// when Stile is told how its origin fared (outcome.h).
// Whoever is not let pass is answered in the worker (answer.h); who passes goes on as if nothing
// had been there, but for what is taken out of its fields (origin_fields.h).
#ifndef STILE_ADAPTERS_NGINX_MODULE_H_
#define STILE_ADAPTERS_NGINX_MODULE_H_

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <stile.h>

#include "engine.h"

enum { NGX_HTTP_STILE_OFF = 0, NGX_HTTP_STILE_ON = 1, NGX_HTTP_STILE_REPORT = 2 };
enum { NGX_HTTP_STILE_CLOSED = 0, NGX_HTTP_STILE_OPEN = 1 };

// One http { }.
typedef struct {
  ngx_array_t engines;  // Of ngx_http_stile_engine_t*, one for each stile.toml.
} ngx_http_stile_main_conf_t;

// One location.
typedef struct {
  ngx_http_stile_engine_t* engine;  // NULL: there is no stile_config here.
  ngx_uint_t mode;                  // NGX_HTTP_STILE_OFF, _ON or _REPORT.
  ngx_uint_t on_error;              // NGX_HTTP_STILE_CLOSED or _OPEN.
  ngx_str_t site_name;              // Empty: by host.
  uint32_t site;
  // What nginx knows of a client; each may be NULL.
  ngx_http_complex_value_t* https;
  ngx_http_complex_value_t* country;
  ngx_http_complex_value_t* asn;
  ngx_http_complex_value_t* tls_fingerprint;
} ngx_http_stile_loc_conf_t;

// What came of one request. Lives in the request's pool, and is found again after an internal
// redirect, which forgets the contexts of modules.
typedef struct {
  int32_t action;  // STILE_ACTION_*; STILE_ACTION_ERROR where Stile could not say.
  int32_t verdict;
  unsigned passed : 1;    // It may go on to its origin.
  unsigned answered : 1;  // Stile's own answer is on its way.
  unsigned too_long : 1;  // Its body is longer than Stile reads.
  ngx_str_t rule;
  ngx_str_t level;
  ngx_str_t reference;
  ngx_str_t set_cookie;  // A clearance that its answer should renew, if any.
  // Where an answer of ours was copied to.
  u_char* answer;
  size_t answer_size;
  // What was decided, and where, while it is still of use: until the origin's answer is known, or
  // the body is there of a request to one of Stile's own endpoints.
  stile_decision* decision;
  const ngx_http_stile_loc_conf_t* location;
  u_char* body;
  size_t body_size;
  size_t body_room;
} ngx_http_stile_visit_t;

// The visit of a main request; NULL before it was decided about.
ngx_http_stile_visit_t* ngx_http_stile_visit(ngx_http_request_t* r);

// The handler of the PREACCESS phase.
ngx_int_t ngx_http_stile_decide(ngx_http_request_t* r);

ngx_int_t ngx_http_stile_add_variables(ngx_conf_t* cf);

extern ngx_module_t ngx_http_stile_module;
extern ngx_module_t ngx_http_stile_filter_module;

#endif  // STILE_ADAPTERS_NGINX_MODULE_H_
