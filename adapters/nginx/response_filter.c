// The filters of this module, which nginx wants as a module of their own, since they stand
// elsewhere in its order: after the one that adds what add_header and expires say.
#include "answer.h"
#include "module.h"

static ngx_http_output_header_filter_pt next_header_filter;
static ngx_http_request_body_filter_pt next_body_filter;

// --- Who may keep an answer ---

typedef struct {
  unsigned said : 1;     // There is a Cache-Control.
  unsigned private : 1;  // It keeps shared caches away,
  unsigned shared : 1;   // or invites them.
  unsigned dated : 1;    // There is an Expires,
  unsigned edge : 1;     // or a field for the caches of a CDN.
} ngx_http_stile_keeping_t;

static ngx_uint_t Has(const ngx_str_t* text, const char* word, size_t size) {
  return ngx_strlcasestrn(text->data, text->data + text->len, (u_char*)word, size - 1) != NULL;
}

// Whether a word stands alone between commas or spaces: `private="X-Foo"` doesn't.
static ngx_uint_t HasAlone(const ngx_str_t* text, const char* word, size_t size) {
  u_char* at = text->data;
  u_char* end = text->data + text->len;

  while ((at = ngx_strlcasestrn(at, end, (u_char*)word, size - 1)) != NULL) {
    u_char* after = at + size;
    if ((at == text->data || at[-1] == ' ' || at[-1] == ',') &&
        (after == end || *after == ' ' || *after == ',')) {
      return 1;
    }
    at = after;
  }
  return 0;
}

#define HAS(text, word) Has(text, word, sizeof(word) - 1)
#define HAS_ALONE(text, word) HasAlone(text, word, sizeof(word) - 1)
#define IS(text, word)                \
  ((text)->len == sizeof(word) - 1 && \
   ngx_strncasecmp((text)->data, (u_char*)(word), sizeof(word) - 1) == 0)

static void ReadField(const ngx_table_elt_t* field, ngx_http_stile_keeping_t* keeping) {
  if (IS(&field->key, "Cache-Control") && field->value.len != 0) {
    keeping->said = 1;
    keeping->private |= HAS_ALONE(&field->value, "private") || HAS_ALONE(&field->value, "no-store");
    keeping->shared |= HAS(&field->value, "public") || HAS(&field->value, "s-maxage") ||
                       HAS(&field->value, "must-understand");
  } else if (IS(&field->key, "Expires")) {
    keeping->dated = 1;
  } else if (IS(&field->key, "CDN-Cache-Control") || IS(&field->key, "Surrogate-Control")) {
    keeping->edge = 1;
  }
}

static ngx_int_t AddField(ngx_http_request_t* r, const char* name, size_t size,
                          const ngx_str_t* value) {
  ngx_table_elt_t* field = ngx_list_push(&r->headers_out.headers);

  if (field == NULL) return NGX_ERROR;
  ngx_memzero(field, sizeof(ngx_table_elt_t));
  field->hash = 1;
  field->key.data = (u_char*)name;
  field->key.len = size;
  field->value = *value;
  return NGX_OK;
}

// Puts a renewed clearance on a response that no cache keeps for others: one that says so, or one
// that says nothing about caches, which then does.
static ngx_int_t AddRenewal(ngx_http_request_t* r, const ngx_http_stile_visit_t* visit) {
  static const ngx_str_t kPrivate = ngx_string("private");
  ngx_http_stile_keeping_t keeping;
  ngx_list_part_t* part;
  ngx_uint_t i;

  if (r->headers_out.status < NGX_HTTP_OK || r->headers_out.status >= NGX_HTTP_BAD_REQUEST ||
      r->headers_out.status == NGX_HTTP_NOT_MODIFIED) {
    return NGX_OK;
  }
  ngx_memzero(&keeping, sizeof(keeping));
  for (part = &r->headers_out.headers.part; part != NULL; part = part->next) {
    const ngx_table_elt_t* fields = part->elts;
    for (i = 0; i < part->nelts; i++) {
      if (fields[i].hash != 0) ReadField(&fields[i], &keeping);
    }
  }
  if (keeping.shared || keeping.edge) return NGX_OK;
  if (!keeping.private) {
    if (keeping.said || keeping.dated) return NGX_OK;
    if (AddField(r, "Cache-Control", sizeof("Cache-Control") - 1, &kPrivate) != NGX_OK) {
      return NGX_ERROR;
    }
  }
  return AddField(r, "Set-Cookie", sizeof("Set-Cookie") - 1, &visit->set_cookie);
}

// Takes away what `expires` or add_header say about who may keep Stile's own answer.
static void KeepFromCaches(ngx_http_request_t* r, const ngx_http_stile_visit_t* visit) {
  ngx_list_part_t* part;
  ngx_uint_t i;

  for (part = &r->headers_out.headers.part; part != NULL; part = part->next) {
    ngx_table_elt_t* fields = part->elts;
    for (i = 0; i < part->nelts; i++) {
      if ((IS(&fields[i].key, "Cache-Control") || IS(&fields[i].key, "Expires")) &&
          !ngx_http_stile_is_own_field(visit, &fields[i])) {
        fields[i].hash = 0;
      }
    }
  }
}

static ngx_int_t FilterHeader(ngx_http_request_t* r) {
  const ngx_http_stile_visit_t* visit;

  if (r != r->main) return next_header_filter(r);
  visit = ngx_http_stile_visit(r);
  if (visit != NULL && visit->answered) {
    KeepFromCaches(r, visit);
  } else if (visit != NULL && visit->set_cookie.len != 0 && AddRenewal(r, visit) != NGX_OK) {
    return NGX_ERROR;
  }
  return next_header_filter(r);
}

// --- Bodies for Stile's own endpoints ---

// Puts the body of such a request aside as it comes, so that it needs neither a file nor more
// memory than Stile wants, whatever its length turns out to be. What follows sees that it has
// ended.
static ngx_int_t FilterBody(ngx_http_request_t* r, ngx_chain_t* in) {
  ngx_http_stile_visit_t* visit = ngx_http_get_module_ctx(r, ngx_http_stile_module);
  ngx_chain_t* last = NULL;
  ngx_chain_t* link;

  if (visit == NULL || visit->body == NULL) return next_body_filter(r, in);
  for (link = in; link != NULL; link = link->next) {
    size_t size = (size_t)(link->buf->last - link->buf->pos);
    if (size > visit->body_room - visit->body_size) {
      visit->too_long = 1;
      visit->body_size = visit->body_room;
    } else {
      ngx_memcpy(visit->body + visit->body_size, link->buf->pos, size);
      visit->body_size += size;
    }
    link->buf->pos = link->buf->last;
    if (link->buf->last_buf) last = link;
  }
  return next_body_filter(r, last);
}

static ngx_int_t Init(ngx_conf_t* cf) {
  next_header_filter = ngx_http_top_header_filter;
  ngx_http_top_header_filter = FilterHeader;
  next_body_filter = ngx_http_top_request_body_filter;
  ngx_http_top_request_body_filter = FilterBody;
  return NGX_OK;
}

static ngx_http_module_t module_context = {
    NULL,  // preconfiguration
    Init,  // postconfiguration
    NULL, NULL, NULL, NULL, NULL, NULL,
};

ngx_module_t ngx_http_stile_filter_module = {
    NGX_MODULE_V1, &module_context,       NULL, NGX_HTTP_MODULE, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL,          NGX_MODULE_V1_PADDING,
};
