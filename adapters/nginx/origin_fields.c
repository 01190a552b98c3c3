#include "origin_fields.h"

// Whether a field is Stile's to set. What turns fields into variables, such as CGI, takes "_" for
// "-".
static ngx_uint_t IsStiles(const ngx_str_t* name) {
  static const u_char kPrefix[] = "x-stile-";
  ngx_uint_t i;

  if (name->len < sizeof(kPrefix) - 1) return 0;
  for (i = 0; i < sizeof(kPrefix) - 1; i++) {
    u_char c = name->data[i] == '_' ? '-' : ngx_tolower(name->data[i]);
    if (c != kPrefix[i]) return 0;
  }
  return 1;
}

static ngx_uint_t IsCookie(const ngx_str_t* name) {
  return name->len == 6 && ngx_strncasecmp(name->data, (u_char*)"cookie", 6) == 0;
}

// Leaves in a Cookie field what is not Stile's; an empty value says that the field should go.
// `request` needs no fields: what matters is whose cookies are meant.
static ngx_int_t CleanCookie(ngx_http_request_t* r, stile_worker* worker,
                             const stile_request* request, ngx_table_elt_t* field) {
  stile_str sent = {(const char*)field->value.data, field->value.len};
  u_char* kept = ngx_pnalloc(r->pool, field->value.len + 1);
  size_t size = 0;

  if (kept == NULL ||
      stile_strip_clearance(worker, request, sent, (char*)kept, sent.size, &size) != STILE_OK) {
    return NGX_ERROR;
  }
  kept[size] = '\0';
  field->value.data = kept;
  field->value.len = size;
  return NGX_OK;
}

// Drops the Cookie fields that are empty from what $http_cookie reads.
static void ForgetCookies(ngx_http_request_t* r) {
#if (nginx_version >= 1023000)
  ngx_table_elt_t** at = &r->headers_in.cookie;
  while (*at != NULL) {
    if ((*at)->value.len == 0) {
      *at = (*at)->next;
    } else {
      at = &(*at)->next;
    }
  }
#else
  ngx_table_elt_t** all = r->headers_in.cookies.elts;
  ngx_uint_t i;
  ngx_uint_t kept = 0;
  for (i = 0; i < r->headers_in.cookies.nelts; i++) {
    if (all[i]->value.len != 0) all[kept++] = all[i];
  }
  r->headers_in.cookies.nelts = kept;
#endif
}

static ngx_uint_t IsUnwanted(const ngx_table_elt_t* field) {
  return IsStiles(&field->key) || (IsCookie(&field->key) && field->value.len == 0);
}

// Puts a list without the unwanted fields in the place of the request's. The fields themselves stay
// where they are, since nginx points at some of them; nothing writes to them from here on.
static ngx_int_t DropUnwanted(ngx_http_request_t* r, ngx_uint_t count) {
  ngx_list_part_t* part;
  ngx_list_t kept;
  ngx_uint_t i;

  if (ngx_list_init(&kept, r->pool, count + 4, sizeof(ngx_table_elt_t)) != NGX_OK) return NGX_ERROR;
  for (part = &r->headers_in.headers.part; part != NULL; part = part->next) {
    const ngx_table_elt_t* fields = part->elts;
    for (i = 0; i < part->nelts; i++) {
      ngx_table_elt_t* field;
      if (IsUnwanted(&fields[i])) continue;
      field = ngx_list_push(&kept);
      if (field == NULL) return NGX_ERROR;
      *field = fields[i];
    }
  }
  r->headers_in.headers = kept;
  // A list knows its only part by address.
  if (kept.last == &kept.part) r->headers_in.headers.last = &r->headers_in.headers.part;
  ForgetCookies(r);
  return NGX_OK;
}

ngx_int_t ngx_http_stile_drop_own_fields(ngx_http_request_t* r) {
  const ngx_list_part_t* part;
  ngx_uint_t count = 0;
  ngx_uint_t unwanted = 0;
  ngx_uint_t i;

  for (part = &r->headers_in.headers.part; part != NULL; part = part->next) {
    const ngx_table_elt_t* fields = part->elts;
    count += part->nelts;
    for (i = 0; i < part->nelts; i++) unwanted |= IsUnwanted(&fields[i]);
  }
  return unwanted ? DropUnwanted(r, count) : NGX_OK;
}

ngx_int_t ngx_http_stile_clean_fields(ngx_http_request_t* r, stile_worker* worker,
                                      const stile_request* request, int32_t verdict) {
  stile_request line = *request;
  const ngx_list_part_t* part;
  ngx_uint_t i;

  line.fields = NULL;
  line.field_count = 0;
  if (verdict != STILE_VERDICT_ABSENT) {
    for (part = &r->headers_in.headers.part; part != NULL; part = part->next) {
      ngx_table_elt_t* fields = part->elts;
      for (i = 0; i < part->nelts; i++) {
        if (IsCookie(&fields[i].key) && CleanCookie(r, worker, &line, &fields[i]) != NGX_OK) {
          return NGX_ERROR;
        }
      }
    }
  }
  return ngx_http_stile_drop_own_fields(r);
}
