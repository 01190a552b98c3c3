// What the origin made of a request that passed.
#ifndef STILE_ADAPTERS_NGINX_OUTCOME_H_
#define STILE_ADAPTERS_NGINX_OUTCOME_H_

#include "module.h"

// The handler of the LOG phase: tells the site's effort control what came of a request.
ngx_int_t ngx_http_stile_note_outcome(ngx_http_request_t* r);

#endif  // STILE_ADAPTERS_NGINX_OUTCOME_H_
