// Stands before libstile.so in a process and fails its calls, as no request can make them fail.
// Which ones is said by STILE_TEST_FAILURES. The outcomes that it is told are written down in the
// file STILE_TEST_OUTCOMES, a line each: the action, the status, the milliseconds and the target.
#define _GNU_SOURCE  // RTLD_NEXT
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capi/stile.h"

// The function of that name in the library.
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int Fails(const char* call) {
  const char* failing = getenv("STILE_TEST_FAILURES");
  return failing != NULL && strstr(failing, call) != NULL;
}

stile_status stile_worker_new(stile_engine* engine, stile_worker** worker) {
  if (Fails("worker")) return STILE_ERR_INTERNAL;
  return REAL(stile_worker_new)(engine, worker);
}

stile_status stile_decide(stile_worker* worker, const stile_request* request, int64_t now_ms,
                          stile_decision* decision) {
  if (Fails("decide")) return STILE_ERR_INTERNAL;
  return REAL(stile_decide)(worker, request, now_ms, decision);
}

stile_status stile_respond(stile_worker* worker, const stile_request* request,
                           const stile_decision* decision, stile_str body, int64_t now_ms,
                           stile_answer* answer) {
  if (Fails("respond")) return STILE_ERR_INTERNAL;
  return REAL(stile_respond)(worker, request, decision, body, now_ms, answer);
}

stile_status stile_strip_clearance(stile_worker* worker, const stile_request* request,
                                   stile_str cookie, char* out, size_t room, size_t* size) {
  if (Fails("strip")) return STILE_ERR_INTERNAL;
  return REAL(stile_strip_clearance)(worker, request, cookie, out, room, size);
}

stile_status stile_note_outcome(stile_worker* worker, const stile_request* request,
                                const stile_decision* decision, const stile_outcome* outcome,
                                int64_t now_ms) {
  const char* path = getenv("STILE_TEST_OUTCOMES");
  FILE* file = path != NULL ? fopen(path, "a") : NULL;
  if (file != NULL) {
    fprintf(file, "%d %u %u %.*s\n", decision->action, outcome->status, outcome->millis,
            (int)request->target.size, request->target.data);
    fclose(file);
  }
  return REAL(stile_note_outcome)(worker, request, decision, outcome, now_ms);
}
