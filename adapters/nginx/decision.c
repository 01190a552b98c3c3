// What happens to a request in the PREACCESS phase.
#include "answer.h"
#include "module.h"
#include "origin_fields.h"
#include "request_fields.h"

enum { kNameRoom = 256 };  // Of a rule or a level; names are far shorter.

// Marks a visit among the cleanups of a request's pool; there is nothing to clean up.
static void MarkVisit(void* data) {}

ngx_http_stile_visit_t* ngx_http_stile_visit(ngx_http_request_t* r) {
  ngx_http_stile_visit_t* visit = ngx_http_get_module_ctx(r, ngx_http_stile_module);
  ngx_pool_cleanup_t* cleanup;

  if (visit != NULL || (!r->internal && !r->filter_finalize)) return visit;
  for (cleanup = r->pool->cleanup; cleanup != NULL; cleanup = cleanup->next) {
    if (cleanup->handler == MarkVisit) return cleanup->data;
  }
  return NULL;
}

static ngx_http_stile_visit_t* AddVisit(ngx_http_request_t* r) {
  ngx_pool_cleanup_t* cleanup = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_stile_visit_t));

  if (cleanup == NULL) return NULL;
  cleanup->handler = MarkVisit;
  ngx_memzero(cleanup->data, sizeof(ngx_http_stile_visit_t));
  ngx_http_set_ctx(r, cleanup->data, ngx_http_stile_module);
  return cleanup->data;
}

// Copies the names that a decision only borrows.
static ngx_int_t KeepNames(ngx_http_request_t* r, ngx_http_stile_visit_t* visit,
                           const stile_decision* decision) {
  size_t rule = ngx_min(decision->rule.size, kNameRoom);
  size_t level = ngx_min(decision->level.size, kNameRoom);
  u_char* names = ngx_pnalloc(r->pool, rule + level + 1);

  if (names == NULL) return NGX_ERROR;
  visit->rule.data = names;
  visit->rule.len = rule;
  visit->level.data = ngx_cpymem(names, decision->rule.data, rule);
  visit->level.len = level;
  ngx_memcpy(visit->level.data, decision->level.data, level);
  return NGX_OK;
}

// --- Where Stile itself fails ---

// Logs a failure; once a second, however many requests meet it.
static void LogFailure(ngx_http_request_t* r, const char* what, stile_status status) {
  static time_t last;
  static ngx_uint_t more;

  if (last == ngx_time()) {
    more++;
    return;
  }
  last = ngx_time();
  ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                "stile: %s: %s; %ui more since the last message of this kind", what,
                stile_status_text(status), more);
  more = 0;
}

// Ends a request whose answer has been handed to nginx.
static ngx_int_t End(ngx_http_request_t* r, ngx_int_t rc) {
  ngx_http_finalize_request(r, rc);
  return NGX_DONE;
}

static ngx_int_t OnError(ngx_http_request_t* r, const ngx_http_stile_loc_conf_t* location,
                         ngx_http_stile_visit_t* visit, const char* what, stile_status status) {
  ngx_int_t rc;

  LogFailure(r, what, status);
  visit->action = STILE_ACTION_ERROR;
  if (location->on_error == NGX_HTTP_STILE_OPEN || location->mode == NGX_HTTP_STILE_REPORT) {
    if (ngx_http_stile_drop_own_fields(r) != NGX_OK) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    visit->passed = 1;
    return NGX_DECLINED;
  }
  rc = ngx_http_discard_request_body(r);
  if (rc != NGX_OK) return rc;
  return End(r, ngx_http_stile_send_unavailable(r, visit));
}

// --- Who passes ---

static ngx_int_t KeepRenewal(ngx_http_request_t* r, ngx_http_stile_visit_t* visit,
                             stile_worker* worker, const stile_request* request,
                             const stile_decision* decision) {
  stile_str cookie = {NULL, 0};

  if (stile_renew(worker, request, decision, ngx_http_stile_now_ms(), &cookie) != STILE_OK ||
      cookie.size == 0) {
    return NGX_OK;
  }
  visit->set_cookie.data = ngx_pnalloc(r->pool, cookie.size);
  if (visit->set_cookie.data == NULL) return NGX_ERROR;
  ngx_memcpy(visit->set_cookie.data, cookie.data, cookie.size);
  visit->set_cookie.len = cookie.size;
  return NGX_OK;
}

// Keeps `decision`, which borrows names that don't last, for later.
static ngx_int_t KeepDecision(ngx_http_request_t* r, const ngx_http_stile_loc_conf_t* location,
                              ngx_http_stile_visit_t* visit, const stile_decision* decision) {
  visit->decision = ngx_palloc(r->pool, sizeof(stile_decision));
  if (visit->decision == NULL) return NGX_ERROR;
  *visit->decision = *decision;
  visit->location = location;
  return NGX_OK;
}

static ngx_int_t Pass(ngx_http_request_t* r, const ngx_http_stile_loc_conf_t* location,
                      ngx_http_stile_visit_t* visit, stile_worker* worker,
                      const stile_request* request, const stile_decision* decision) {
  if (decision->action == STILE_ACTION_ALLOW) {
    if (KeepDecision(r, location, visit, decision) != NGX_OK ||
        (decision->rank_held != 0 && KeepRenewal(r, visit, worker, request, decision) != NGX_OK)) {
      return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
  }
  if (ngx_http_stile_clean_fields(r, worker, request, decision->verdict) != NGX_OK) {
    return OnError(r, location, visit, "the clearance can't be kept from the origin",
                   STILE_ERR_INTERNAL);
  }
  visit->passed = 1;
  return NGX_DECLINED;
}

// --- Who doesn't ---

// `body`: what Stile's own endpoint was sent. Returns what ngx_http_finalize_request wants to know,
// or NGX_DECLINED where there is no answer and the request goes on.
static ngx_int_t Respond(ngx_http_request_t* r, ngx_http_stile_visit_t* visit, stile_worker* worker,
                         const stile_request* request, const stile_decision* decision,
                         stile_str body) {
  stile_status status;
  stile_answer answer;

  ngx_memzero(&answer, sizeof(answer));
  answer.struct_size = sizeof(answer);
  status = visit->too_long
               ? stile_respond_too_long(worker, &answer)
               : stile_respond(worker, request, decision, body, ngx_http_stile_now_ms(), &answer);
  if (status != STILE_OK) {
    LogFailure(r, "there is no answer", status);
    return ngx_http_stile_send_unavailable(r, visit);
  }
  if (answer.status == 0) return NGX_DECLINED;
  return ngx_http_stile_send(r, visit, &answer);
}

// Called when the body is here; it was put aside by the filter of request bodies.
static void RespondToBody(ngx_http_request_t* r) {
  ngx_http_stile_visit_t* visit = ngx_http_stile_visit(r);
  ngx_http_stile_loc_conf_t* location = ngx_http_get_module_loc_conf(r, ngx_http_stile_module);
  stile_worker* worker = ngx_http_stile_engine_worker(location->engine, r->connection->log);
  stile_field fields[NGX_HTTP_STILE_FIELDS];
  stile_request request;
  stile_str body = {(const char*)visit->body, visit->body_size};
  ngx_int_t rc;

  if (worker == NULL || ngx_http_stile_read_request(r, location, fields, &request) != NGX_OK) {
    rc = ngx_http_stile_send_unavailable(r, visit);
  } else {
    rc = Respond(r, visit, worker, &request, visit->decision, body);
  }
  // An endpoint of Stile's has no origin behind it.
  ngx_http_finalize_request(r, rc == NGX_DECLINED ? NGX_HTTP_NOT_FOUND : rc);
}

// Reads as much of the body as Stile wants, into memory of its own, and goes on in RespondToBody.
static ngx_int_t ReadBody(ngx_http_request_t* r, const ngx_http_stile_loc_conf_t* location,
                          ngx_http_stile_visit_t* visit, const stile_decision* decision) {
  ngx_int_t rc;

  visit->body = ngx_palloc(r->pool, decision->body_limit);
  if (visit->body == NULL || KeepDecision(r, location, visit, decision) != NGX_OK) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  visit->body_room = decision->body_limit;
  r->request_body_in_file_only = 0;
  rc = ngx_http_read_client_request_body(r, RespondToBody);
  if (rc >= NGX_HTTP_SPECIAL_RESPONSE) return rc;
  return End(r, NGX_DONE);
}

static ngx_int_t Refuse(ngx_http_request_t* r, const ngx_http_stile_loc_conf_t* location,
                        ngx_http_stile_visit_t* visit, stile_worker* worker,
                        const stile_request* request, const stile_decision* decision) {
  static const stile_str kNoBody = {NULL, 0};
  ngx_int_t rc;

  if (decision->action == STILE_ACTION_SERVE && decision->body_limit != 0) {
    visit->too_long = r->headers_in.content_length_n > (off_t)decision->body_limit;
    if (!visit->too_long) return ReadBody(r, location, visit, decision);
  }
  rc = ngx_http_discard_request_body(r);
  if (rc != NGX_OK) return rc;
  rc = Respond(r, visit, worker, request, decision, kNoBody);
  if (rc == NGX_DECLINED) return Pass(r, location, visit, worker, request, decision);
  return End(r, rc);
}

// --- The phase ---

// Whether a request is for one of Stile's own endpoints, which answer also where the check is off:
// a location for, say, all files that end in .js must not come between the page and its script.
static ngx_uint_t IsOwn(ngx_http_request_t* r, const ngx_http_stile_loc_conf_t* location) {
  stile_worker* worker = ngx_http_stile_engine_worker(location->engine, r->connection->log);
  stile_request request;
  int32_t own = 0;

  if (worker == NULL) return 0;
  ngx_http_stile_read_line(r, location, &request);
  return stile_is_own(worker, &request, &own) == STILE_OK && own == 1;
}

static ngx_int_t Act(ngx_http_request_t* r, const ngx_http_stile_loc_conf_t* location,
                     ngx_http_stile_visit_t* visit, stile_worker* worker,
                     const stile_request* request, const stile_decision* decision) {
  switch (decision->action) {
    case STILE_ACTION_ALLOW:
      return Pass(r, location, visit, worker, request, decision);
    case STILE_ACTION_CHALLENGE:
    case STILE_ACTION_DENY:
      if (location->mode != NGX_HTTP_STILE_ON) {
        return Pass(r, location, visit, worker, request, decision);
      }
      return Refuse(r, location, visit, worker, request, decision);
    case STILE_ACTION_SERVE:
      return Refuse(r, location, visit, worker, request, decision);
    default:
      return OnError(r, location, visit, "there is no decision", STILE_ERR_INTERNAL);
  }
}

ngx_int_t ngx_http_stile_decide(ngx_http_request_t* r) {
  const ngx_http_stile_loc_conf_t* location;
  stile_field fields[NGX_HTTP_STILE_FIELDS];
  ngx_http_stile_visit_t* visit;
  stile_decision decision;
  stile_request request;
  stile_status status;
  stile_worker* worker;
  ngx_int_t rc;

  if (r != r->main) return NGX_DECLINED;
  visit = ngx_http_stile_visit(r);
  if (visit != NULL) {
    // An error page on the way to Stile's answer is no way past it.
    return visit->passed ? NGX_DECLINED : NGX_HTTP_FORBIDDEN;
  }
  location = ngx_http_get_module_loc_conf(r, ngx_http_stile_module);
  if (location->engine == NULL) return NGX_DECLINED;
  if (location->mode == NGX_HTTP_STILE_OFF && !IsOwn(r, location)) return NGX_DECLINED;

  rc = ngx_http_stile_read_request(r, location, fields, &request);
  if (rc != NGX_OK) return rc == NGX_ERROR ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc;
  visit = AddVisit(r);
  if (visit == NULL) return NGX_HTTP_INTERNAL_SERVER_ERROR;

  worker = ngx_http_stile_engine_worker(location->engine, r->connection->log);
  if (worker == NULL) {
    return OnError(r, location, visit, "there is no worker", STILE_ERR_INTERNAL);
  }
  ngx_memzero(&decision, sizeof(decision));
  decision.struct_size = sizeof(decision);
  status = stile_decide(worker, &request, ngx_http_stile_now_ms(), &decision);
  if (status != STILE_OK) return OnError(r, location, visit, "there is no decision", status);
  visit->action = decision.action;
  visit->verdict = decision.verdict;
  if (KeepNames(r, visit, &decision) != NGX_OK) return NGX_HTTP_INTERNAL_SERVER_ERROR;
  return Act(r, location, visit, worker, &request, &decision);
}
