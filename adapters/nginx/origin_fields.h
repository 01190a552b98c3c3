// What the origin gets to see of a request's fields: no clearance, and nothing that only Stile may
// say.
#ifndef STILE_ADAPTERS_NGINX_ORIGIN_FIELDS_H_
#define STILE_ADAPTERS_NGINX_ORIGIN_FIELDS_H_

#include "module.h"

// Takes Stile's own cookies out of the Cookie fields, and every X-Stile field out of the request.
// `request` is what `verdict` was made of. Returns NGX_ERROR if there is no memory, or Stile can't
// say which cookies are its own.
ngx_int_t ngx_http_stile_clean_fields(ngx_http_request_t* r, stile_worker* worker,
                                      const stile_request* request, int32_t verdict);

// The same where Stile has failed: of X-Stile fields alone.
ngx_int_t ngx_http_stile_drop_own_fields(ngx_http_request_t* r);

#endif  // STILE_ADAPTERS_NGINX_ORIGIN_FIELDS_H_
