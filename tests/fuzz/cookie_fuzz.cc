// Cookie fields. Each line of the input is one Cookie field. Only a clearance that was sealed is
// found valid; how cookies are spread over fields changes nothing, nor do cookies of other names; a
// plain reading of docs/wire-format.md finds the same.

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "tests/fuzz/fuzz_site.h"
#include "tests/fuzz/fuzz_target.h"
#include "verifier/clearance_check.h"

namespace stile {
namespace {

const ClearanceCheck& Check() {
  static const ClearanceCheck check(FuzzSite::Get().keys, "stile");
  return check;
}

std::vector<std::string_view> Split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = std::min(text.find(at), text.size());
    parts.push_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

ClearanceFinding Find(const std::vector<std::string_view>& fields) {
  const FuzzSite& site = FuzzSite::Get();
  Request request;
  request.method = "GET";
  request.user_agent = site.client.user_agent;
  request.address = site.client.address;
  for (const std::string_view field : fields) request.cookies[request.cookie_count++] = field;
  return Check().Find(request, site.now);
}

// The place of a verdict in docs/wire-format.md.
std::size_t Line(Verdict verdict) {
  constexpr std::array kLines = {Verdict::kAbsent,     Verdict::kUnsigned, Verdict::kMalformed,
                                 Verdict::kWrongSite,  Verdict::kExpired,  Verdict::kNotYetValid,
                                 Verdict::kUnknownKey, Verdict::kForged,   Verdict::kWrongClient,
                                 Verdict::kValid};
  const auto line = std::find(kLines.begin(), kLines.end(), verdict);
  STILE_REQUIRE(line != kLines.end());
  return static_cast<std::size_t>(line - kLines.begin());
}

// Verdict line and rank, by plain reading.
std::pair<std::size_t, int> FindPlainly(const std::vector<std::string_view>& fields) {
  const FuzzSite& site = FuzzSite::Get();
  std::pair<std::size_t, int> best = {Line(Verdict::kAbsent), 0};
  int left = 4;
  for (const std::string_view field : fields) {
    for (std::string_view piece : Split(field, ';')) {
      piece.remove_prefix(std::min(piece.find_first_not_of(" \t"), piece.size()));
      piece = piece.substr(0, piece.find_last_not_of(" \t") + 1);
      const std::size_t equals = piece.find('=');
      if (equals == std::string_view::npos || piece.substr(0, equals) != "stile") continue;
      if (left-- <= 0) return best;
      const std::vector<std::string_view> tokens = Split(piece.substr(equals + 1), '.');
      for (std::size_t i = 0; i < tokens.size() && i < 2; ++i) {
        const ClearanceFinding finding = Check().Check(tokens[i], site.client, site.now);
        const int rank = finding.verdict == Verdict::kValid ? finding.clearance.rank : 0;
        best = std::max(best, {Line(finding.verdict), rank});
        if (tokens[i].size() > Clearance::kTextSize) break;
      }
    }
  }
  return best;
}

bool Agree(const ClearanceFinding& a, const ClearanceFinding& b) {
  return a.verdict == b.verdict && a.clearance == b.clearance && a.other_family == b.other_family;
}

}  // namespace

void FuzzCookie(FuzzInput input) {
  const FuzzSite& site = FuzzSite::Get();
  std::vector<std::string_view> fields = Split(TextOf(input), '\n');
  if (fields.size() > Request::kMaxCookieFields) fields.resize(Request::kMaxCookieFields);
  const ClearanceFinding finding = Find(fields);
  const auto [line, rank] = FindPlainly(fields);
  STILE_REQUIRE(Line(finding.verdict) == line);

  const auto sent = [&fields](std::string_view token) {
    return std::any_of(fields.begin(), fields.end(), [token](std::string_view field) {
      return field.find(token) != std::string_view::npos;
    });
  };
  if (finding.verdict == Verdict::kValid) {
    Reach("valid clearance");
    STILE_REQUIRE(finding.clearance.rank == rank);
    STILE_REQUIRE(sent(rank == 3 ? site.clearance_high : site.clearance));
  }
  if (finding.verdict == Verdict::kAbsent) Reach("absent clearance");
  if (finding.verdict == Verdict::kWrongClient) Reach("wrong client");
  if (!finding.other_family.empty()) {
    Reach("other family");
    STILE_REQUIRE(finding.other_family == site.clearance_ipv6 && sent(site.clearance_ipv6));
  }

  std::string joined;
  for (const std::string_view field : fields) {
    joined.append(joined.empty() ? "" : ";").append(field);
  }
  STILE_REQUIRE(Agree(Find({joined}), finding));
  const std::string with_another = "other=1; xstile=2; " + joined + ";stile2=3";
  STILE_REQUIRE(Agree(Find({with_another}), finding));
}

}  // namespace stile
