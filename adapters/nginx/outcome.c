#include "outcome.h"

#include "request_fields.h"

// What came of the last attempt to ask an upstream, or of nginx itself where none is asked. Returns
// NGX_DECLINED where nobody was asked, or the client left before an answer.
static ngx_int_t ReadOutcome(const ngx_http_request_t* r, stile_outcome* outcome) {
  const ngx_http_upstream_state_t* states;

  ngx_memzero(outcome, sizeof(stile_outcome));
  outcome->struct_size = sizeof(stile_outcome);
  outcome->status = (uint32_t)r->headers_out.status;
  if (outcome->status == NGX_HTTP_CLIENT_CLOSED_REQUEST) return NGX_DECLINED;
  if (r->upstream_states == NULL || r->upstream_states->nelts == 0) {
    return r->upstream == NULL ? NGX_OK : NGX_DECLINED;  // The latter out of a cache.
  }
  states = r->upstream_states->elts;
  states += r->upstream_states->nelts - 1;
  // An answer that isn't read to its end is one all the same.
  if (states->status != 0) outcome->status = (uint32_t)states->status;
  if (states->header_time != (ngx_msec_t)-1) outcome->millis = (uint32_t)states->header_time;
  return NGX_OK;
}

ngx_int_t ngx_http_stile_note_outcome(ngx_http_request_t* r) {
  const ngx_http_stile_visit_t* visit = r == r->main ? ngx_http_stile_visit(r) : NULL;
  stile_request request;
  stile_outcome outcome;
  stile_status status;
  stile_worker* worker;

  if (visit == NULL || !visit->passed || visit->decision == NULL) return NGX_OK;
  if (ReadOutcome(r, &outcome) != NGX_OK) return NGX_OK;
  worker = ngx_http_stile_engine_worker(visit->location->engine, r->connection->log);
  if (worker == NULL) return NGX_OK;
  ngx_http_stile_read_line(r, visit->location, &request);
  status = stile_note_outcome(worker, &request, visit->decision, &outcome, ngx_http_stile_now_ms());
  if (status != STILE_OK) {
    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "stile: no outcome is noted: %s",
                  stile_status_text(status));
  }
  return NGX_OK;
}
