#include "tests/capi/visitor.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

static const char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t decode(const char* text, uint8_t* out) {
  uint32_t bits = 0;
  int count = 0;
  size_t size = 0;
  for (; *text != '\0'; ++text) {
    const char* const digit = strchr(kDigits, *text);
    EXPECT(digit != NULL);
    bits = (bits << 6 | (uint32_t)(digit - kDigits)) & 0xFFFFFU;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out[size++] = (uint8_t)(bits >> count & 0xFFU);
    }
  }
  return size;
}

static void encode(const uint8_t* bytes, size_t size, char* out) {
  uint32_t bits = 0;
  int count = 0;
  size_t i;
  for (i = 0; i < size; ++i) {
    bits = (bits << 8 | bytes[i]) & 0xFFFFU;
    count += 8;
    while (count >= 6) {
      count -= 6;
      *out++ = kDigits[bits >> count & 63U];
    }
  }
  if (count > 0) *out++ = kDigits[bits << (6 - count) & 63U];
  *out = '\0';
}

const char* challenge_in(stile_str body) {
  static const char* const kBefore[] = {"\"challenge\":\"", "name=\"challenge\" value=\"",
                                        "name=challenge value=\"", "name=challenge value="};
  static char found[2048];
  size_t b;
  for (b = 0; b < sizeof kBefore / sizeof kBefore[0]; ++b) {
    const size_t size = strlen(kBefore[b]);
    size_t i;
    for (i = 0; i + size < body.size; ++i) {
      size_t end = i + size;
      if (memcmp(body.data + i, kBefore[b], size) != 0) continue;
      while (end < body.size && strchr("\" >", body.data[end]) == NULL) ++end;
      EXPECT(end - i - size < sizeof found);
      memcpy(found, body.data + i + size, end - i - size);
      found[end - i - size] = '\0';
      return found;
    }
  }
  fprintf(stderr, "no challenge in: %.*s\n", (int)body.size, body.size > 0 ? body.data : "");
  EXPECT(!"a challenge");
  return NULL;
}

int wait_index(const char* challenge) {
  uint8_t bytes[2048];
  const size_t size = decode(challenge, bytes);
  int i;
  EXPECT(size > 54 && bytes[0] == 1 && bytes[1] == 1);
  for (i = 0; i < bytes[3]; ++i) {
    if (bytes[54 + 16 * i] == 2) return i;
  }
  EXPECT(!"an alternative that waits");
  return -1;
}

const char* wait_solution(const char* challenge) {
  static char text[8];
  uint8_t bytes[2] = {0, 0};
  bytes[0] = (uint8_t)wait_index(challenge);
  encode(bytes, sizeof bytes, text);
  return text;
}

static uint32_t redeem(stile_worker* worker, struct exchange* exchange, const char* type,
                       const char* body, int64_t now_ms) {
  exchange_init(exchange, "/.stile/redeem");
  exchange->request.method = str("POST");
  add_field(exchange, "Content-Type", type);
  add_field(exchange, "Origin", "http://example.org");
  EXPECT_INT(decide(worker, exchange, now_ms), STILE_ACTION_SERVE);
  EXPECT(exchange->decision.body_limit >= strlen(body));
  return respond(worker, exchange, body, now_ms);
}

uint32_t redeem_form(stile_worker* worker, struct exchange* exchange, const char* challenge,
                     int64_t now_ms) {
  return redeem(worker, exchange, "application/x-www-form-urlencoded",
                format("challenge=%s&solution=%s", challenge, wait_solution(challenge)), now_ms);
}

uint32_t redeem_json(stile_worker* worker, struct exchange* exchange, const char* challenge,
                     int64_t now_ms) {
  return redeem(
      worker, exchange, "application/json",
      format("{\"challenge\":\"%s\",\"solution\":\"%s\"}", challenge, wait_solution(challenge)),
      now_ms);
}

const char* earn_clearance(stile_worker* worker, int64_t now_ms) {
  static char cookie[1024];
  struct exchange exchange;
  exchange_init(&exchange, "/");
  EXPECT_INT(ask(worker, &exchange, NULL, now_ms), 403);
  EXPECT_INT(redeem_form(worker, &exchange, challenge_in(exchange.answer.body), now_ms + 5000),
             303);
  EXPECT(exchange.cookie[0] != '\0');
  memcpy(cookie, exchange.cookie, sizeof cookie);
  return cookie;
}

/* --- Sealing ---------------------------------------------------------------------------------- */

static uint8_t* put(uint8_t* out, uint64_t value, int bytes) {
  while (bytes-- > 0) *out++ = (uint8_t)(value >> 8 * bytes);
  return out;
}

static void hmac(const uint8_t* key, size_t key_size, const uint8_t* data, size_t size,
                 uint8_t out[32]) {
  unsigned length = 32;
  EXPECT(HMAC(EVP_sha256(), key, (int)key_size, data, size, out, &length) != NULL);
}

static void derive(const char* purpose, int64_t epoch, uint8_t out[32]) {
  uint8_t secret[64];
  uint8_t key[32];
  uint8_t info[64];
  uint8_t* at = info;
  hmac((const uint8_t*)"stile-v1", 8, secret, decode(SECRET, secret), key);
  at = put(at, strlen(purpose), 1);
  memcpy(at, purpose, strlen(purpose));
  at = put(at + strlen(purpose), 4, 1);
  memcpy(at, "main", 4);
  at = put(at + 4, (uint64_t)epoch, 8);
  at = put(at, 1, 1); /* HKDF-Expand's counter. */
  hmac(key, sizeof key, info, (size_t)(at - info), out);
}

const char* sealed_cookie(const struct clearance* clearance) {
  static char cookie[128] = "stile=";
  uint8_t bytes[69] = {1, 2};
  uint8_t key[32];
  uint8_t tag[32];
  bytes[2] = clearance->key_id;
  memset(bytes + 4, clearance->number, 16);
  (void)put(bytes + 20, (uint64_t)clearance->issued_at, 4);
  (void)put(bytes + 24, (uint64_t)clearance->expires_at, 4);
  (void)put(bytes + 28, stile_site_id(str("main")), 4);
  bytes[32] = clearance->rank;
  bytes[33] = 1;
  bytes[34] = 21;
  derive("clearance", clearance->issued_at / 86400, key);
  hmac(key, sizeof key, bytes, 53, tag);
  memcpy(bytes + 53, tag, 16);
  encode(bytes, sizeof bytes, cookie + strlen("stile="));
  return cookie;
}
