// Bodies of a redemption, as a form and as JSON. What is read lies in the body or the scratch
// buffer and can be written and read again; whatever is written as a form is read back.

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "engine/redeem_form.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

std::string FormOf(std::string_view challenge, std::string_view solution, bool solution_first) {
  const auto escaped = [](std::string_view text) {
    std::string form;
    for (const char c : text) {
      char hex[4];
      std::snprintf(hex, sizeof hex, "%%%02X",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
      form += hex;
    }
    return form;
  };
  const std::string a = "challenge=" + escaped(challenge);
  const std::string b = "solution=" + escaped(solution);
  return solution_first ? b + "&" + a : a + "&" + b;
}

std::string JsonOf(std::string_view challenge, std::string_view solution) {
  return std::string(" {\"solution\" :\"")
      .append(solution)
      .append("\",\"challenge\":\"")
      .append(challenge)
      .append("\"}\n");
}

bool FitsJson(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; });
}

bool Within(std::string_view view, std::string_view body, const std::vector<char>& scratch) {
  const auto inside = [view](const char* begin, std::size_t size) {
    return view.data() >= begin && view.data() + view.size() <= begin + size;
  };
  return view.empty() || inside(body.data(), body.size()) || inside(scratch.data(), scratch.size());
}

// Reads `body`, which must be `challenge` and `solution`.
void RequireReads(RedeemEncoding encoding, const std::string& body, std::string_view challenge,
                  std::string_view solution) {
  std::vector<char> scratch(body.size());
  RedeemForm form;
  STILE_REQUIRE(DecodeRedeemForm(encoding, body, scratch, form));
  STILE_REQUIRE(form.challenge == challenge && form.solution == solution);
}

void CheckBody(RedeemEncoding encoding, std::string_view text) {
  const std::vector<char> exact(text.begin(), text.end());  // A read past the end is seen.
  const std::string_view body(exact.data(), exact.size());
  std::vector<char> scratch(body.size());
  RedeemForm form;
  if (!DecodeRedeemForm(encoding, body, scratch, form)) {
    Reach("refused body");
    return;
  }
  Reach(encoding == RedeemEncoding::kForm ? "form" : "json");
  STILE_REQUIRE(Within(form.challenge, body, scratch) && Within(form.solution, body, scratch));
  STILE_REQUIRE(form.challenge.size() + form.solution.size() <= body.size());
  STILE_REQUIRE(body.find("challenge") != std::string_view::npos);
  STILE_REQUIRE(body.find("solution") != std::string_view::npos);
  RequireReads(RedeemEncoding::kForm, FormOf(form.challenge, form.solution, false), form.challenge,
               form.solution);
  if (encoding == RedeemEncoding::kJson) {
    STILE_REQUIRE(FitsJson(form.challenge) && FitsJson(form.solution));
    RequireReads(encoding, JsonOf(form.challenge, form.solution), form.challenge, form.solution);
  }
  // A third field, or one twice, makes any body wrong.
  const std::string again = std::string(body) + "&challenge=x";
  scratch.resize(again.size());
  STILE_REQUIRE(encoding != RedeemEncoding::kForm ||
                !DecodeRedeemForm(encoding, again, scratch, form));
}

}  // namespace

void FuzzRedeemBody(FuzzInput input) {
  const std::string_view text = TextOf(input);
  const RedeemEncoding named = RedeemEncodingOf(text);
  STILE_REQUIRE(named <= RedeemEncoding::kJson);
  CheckBody(RedeemEncoding::kForm, text);
  CheckBody(RedeemEncoding::kJson, text);
  std::vector<char> scratch(text.size());
  RedeemForm form;
  STILE_REQUIRE(!DecodeRedeemForm(RedeemEncoding::kNone, text, scratch, form));

  const std::size_t half = text.empty() ? 0 : HashOf(input) % text.size();
  const std::string_view a = text.substr(0, half);
  const std::string_view b = text.substr(half);
  RequireReads(RedeemEncoding::kForm, FormOf(a, b, half % 2 == 1), a, b);
  if (FitsJson(text)) RequireReads(RedeemEncoding::kJson, JsonOf(a, b), a, b);
}

}  // namespace stile
