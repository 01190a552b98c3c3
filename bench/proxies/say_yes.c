/* In the place of libstile for examples/embed_c's proxy: every request may pass, and nothing is
 * done to find that out. What is left is the proxy. */
#include <string.h>

#include <stile.h>

static char something; /* What handles point to. */

const char* stile_status_text(stile_status status) { return status == STILE_OK ? "ok" : "error"; }
const char* stile_verdict_name(int32_t verdict) {
  return verdict == STILE_VERDICT_VALID ? "valid" : "none";
}

stile_status stile_engine_new(const stile_config* config, const stile_engine_options* options,
                              stile_report* report, stile_engine** engine) {
  (void)config, (void)options, (void)report;
  *engine = (stile_engine*)&something;
  return STILE_OK;
}

stile_status stile_engine_reload(stile_engine* engine, const stile_config* config,
                                 const stile_engine_options* options, stile_report* report) {
  (void)engine, (void)config, (void)options, (void)report;
  return STILE_OK;
}

stile_status stile_engine_tick(stile_engine* engine, int64_t steady_ms, stile_tick* tick) {
  (void)engine, (void)steady_ms, (void)tick;
  return STILE_OK;
}

stile_status stile_worker_new(stile_engine* engine, stile_worker** worker) {
  (void)engine;
  *worker = (stile_worker*)&something;
  return STILE_OK;
}

stile_status stile_decide(stile_worker* worker, const stile_request* request, int64_t now_ms,
                          stile_decision* decision) {
  (void)worker, (void)request, (void)now_ms;
  decision->action = STILE_ACTION_ALLOW;
  decision->verdict = STILE_VERDICT_VALID;
  return STILE_OK;
}

stile_status stile_renew(stile_worker* worker, const stile_request* request,
                         const stile_decision* decision, int64_t now_ms, stile_str* set_cookie) {
  (void)worker, (void)request, (void)decision, (void)now_ms;
  set_cookie->size = 0;
  return STILE_OK;
}

/* A proxy without Stile passes the field on as it is. */
stile_status stile_strip_clearance(stile_worker* worker, const stile_request* request,
                                   stile_str cookie, char* out, size_t room, size_t* size) {
  (void)worker, (void)request;
  if (cookie.size > room) return STILE_ERR_INTERNAL;
  memcpy(out, cookie.data, cookie.size);
  *size = cookie.size;
  return STILE_OK;
}

/* Nobody is refused, so that these are never called. */
stile_status stile_respond(stile_worker* worker, const stile_request* request,
                           const stile_decision* decision, stile_str body, int64_t now_ms,
                           stile_answer* answer) {
  (void)worker, (void)request, (void)decision, (void)body, (void)now_ms, (void)answer;
  return STILE_ERR_INTERNAL;
}

stile_status stile_respond_too_long(stile_worker* worker, stile_answer* answer) {
  (void)worker, (void)answer;
  return STILE_ERR_INTERNAL;
}

stile_status stile_answer_send(const stile_answer* answer, uint32_t flags, stile_write_fn write,
                               void* user) {
  (void)answer, (void)flags, (void)write, (void)user;
  return STILE_ERR_INTERNAL;
}
