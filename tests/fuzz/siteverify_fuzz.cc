// What a site's backend sends: its body in every encoding, and the response token in it. What is
// read lies in the body or the scratch buffer; what is written as JSON or as a form is read back;
// only what was sealed passes.

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "challenge/response_token.h"
#include "engine/siteverify_form.h"
#include "tests/fuzz/fuzz_site.h"
#include "tests/fuzz/fuzz_target.h"
#include "verifier/response_check.h"

namespace stile {
namespace {

bool Within(std::string_view view, std::string_view body, const std::vector<char>& scratch) {
  const auto inside = [view](const char* begin, std::size_t size) {
    return view.data() >= begin && view.data() + view.size() <= begin + size;
  };
  return view.empty() || inside(body.data(), body.size()) || inside(scratch.data(), scratch.size());
}

std::string Escaped(std::string_view text, const char* format) {
  std::string escaped;
  for (const char c : text) {
    char piece[8];
    std::snprintf(piece, sizeof piece, format,
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    escaped += piece;
  }
  return escaped;
}

void CheckBody(std::string_view type, std::string_view text, const char* milestone) {
  const std::vector<char> exact(text.begin(), text.end());  // A read past the end is seen.
  const std::string_view body(exact.data(), exact.size());
  std::vector<char> scratch(body.size());
  SiteverifyForm form;
  if (!DecodeSiteverifyForm(type, body, scratch, form)) return Reach("refused body");
  for (const std::string_view value : {form.secret, form.response, form.idempotency_key}) {
    STILE_REQUIRE(Within(value, body, scratch));
  }
  if (!form.response.empty()) Reach(milestone);
  const std::string again = "secret=" + Escaped(form.secret, "%%%02X") +
                            "&response=" + Escaped(form.response, "%%%02x") +
                            "&idempotency_key=" + Escaped(form.idempotency_key, "%%%02X");
  std::vector<char> more(again.size());
  SiteverifyForm second;
  STILE_REQUIRE(DecodeSiteverifyForm("application/x-www-form-urlencoded", again, more, second));
  STILE_REQUIRE(second.secret == form.secret && second.response == form.response &&
                second.idempotency_key == form.idempotency_key);
}

// Any ASCII, spelt with escapes alone, is read as what it is.
void CheckEscapes(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return;
  }
  const std::string body = "{\"x\":[{\"y\":\"" + Escaped(text, "\\u%04x") + "\"}],\"response\":\"" +
                           Escaped(text, "\\u%04X") + "\"}";
  std::vector<char> scratch(body.size());
  SiteverifyForm form;
  STILE_REQUIRE(DecodeSiteverifyForm("application/json", body, scratch, form));
  STILE_REQUIRE(form.response == text);
}

void CheckToken(std::string_view text) {
  const FuzzSite& site = FuzzSite::Get();
  SealedResponseToken sealed;
  const ResponseFinding finding = CheckResponse(*site.keys, text, "", site.now, sealed);
  STILE_REQUIRE(finding.verdict != Verdict::kNone && finding.verdict != Verdict::kSpent);
  STILE_REQUIRE((finding.verdict == Verdict::kValid) == (text == site.response));
  if (finding.verdict == Verdict::kValid) {
    Reach("valid token");
    STILE_REQUIRE(finding.token.spend == site.spend && finding.token.action == "login");
  } else if (finding.verdict == Verdict::kForged) {
    Reach("forged token");
  } else if (finding.verdict == Verdict::kMalformed) {
    Reach("malformed token");
  }
}

}  // namespace

void FuzzSiteverify(FuzzInput input) {
  const std::string_view text = TextOf(input);
  CheckBody("application/x-www-form-urlencoded", text, "form");
  CheckBody("application/json", text, "json");
  CheckBody("multipart/form-data; boundary=b", text, "multipart");
  CheckBody(text, text, "form");
  CheckEscapes(text);
  CheckToken(text);
}

}  // namespace stile
