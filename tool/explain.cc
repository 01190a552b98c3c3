#include "tool/explain.h"

#include <array>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

#include "challenge/clearance.h"
#include "challenge/concat.h"
#include "engine/config/engine_build.h"
#include "engine/engine_slot.h"
#include "engine/set_cookie.h"
#include "service/geo_files.h"
#include "service/wall_clock.h"
#include "tool/decision_trace.h"
#include "tool/deployment.h"
#include "tool/http_client.h"
#include "tool/request_field.h"
#include "verifier/redeemer.h"

namespace stile {
namespace {

constexpr std::string_view kUnknown = "unknown";

int Refuse(const std::string& message) {
  std::fprintf(stderr, "stile explain: %s\n", message.c_str());
  return 2;
}

// The request that is explained, with what its views borrow.
struct ExplainedRequest {
  Url url;
  std::string authority;
  std::vector<RequestField> fields;
  std::string cookie;
  Request request;
};

// A country as rules name it: two upper-case letters. "unknown" stands for none.
bool IsCountry(std::string_view text) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  return text == kUnknown || (text.size() == 2 && is_upper(text[0]) && is_upper(text[1]));
}

// Fills `out` from the options. Returns what is wrong with them; empty if nothing is.
std::string Describe(const ExplainOptions& options, ExplainedRequest& out) {
  absl::StatusOr<Url> url = Url::Parse(options.url);
  if (!url.ok()) return std::string(url.status().message());
  out.url = *std::move(url);
  out.authority = out.url.Authority();
  Request& request = out.request;
  request.method = options.method;
  request.target = out.url.target;
  request.host = out.url.host;
  request.https = out.url.https;
  out.fields.push_back({"Host", out.authority});
  for (const std::string& header : options.headers) {
    const auto field = ParseField(header);
    if (!field) return "'" + header + "' is not like 'Name: value'";
    out.fields.push_back(*field);
    TakeField(*field, request);
  }
  if (!options.country.empty() && !IsCountry(options.country)) {
    return "'" + options.country + "' is no country: two upper-case letters, or unknown";
  }
  if (options.country != kUnknown) request.country = options.country;
  request.asn = options.asn;
  request.tls_fingerprint = options.tls_fingerprint;
  if (!options.ip.empty()) {
    request.address = IpAddress::Parse(options.ip);
    if (!request.address) return "'" + options.ip + "' is not an IP address";
  }
  request.fields = out.fields;
  return "";
}

// Looks up where the address is, unless the user says it.
void LookUp(const GeoDatabases& geo, const ExplainOptions& options, Request& request) {
  if (!request.address) return;
  if (options.country.empty() && geo.country != nullptr) {
    request.country = geo.country->CountryOf(*request.address);
  }
  if (request.asn == 0 && geo.asn != nullptr) request.asn = geo.asn->AsnOf(*request.address);
}

// Gives the request a clearance of `rank` that is tied to nothing and was earned the dearest way,
// by `puzzle`. False if there is no key to make one with.
bool GiveClearance(std::uint8_t rank, Puzzle puzzle, const SiteKeys& keys, UnixMillis now,
                   ExplainedRequest& out) {
  const auto key_id = keys.SigningKeyId(now);
  const HmacKey* const key =
      key_id ? keys.Find(KeyPurpose::kClearance, *key_id, now.Seconds(), now) : nullptr;
  if (key == nullptr) return false;
  constexpr std::uint32_t kLifetime = 600;
  Clearance clearance;
  clearance.key_id = *key_id;
  clearance.issued_at = static_cast<std::uint32_t>(now.Seconds());
  clearance.expires_at = clearance.issued_at + kLifetime;
  clearance.site_id = keys.site_id();
  clearance.rank = rank;
  clearance.puzzle = puzzle;
  clearance.effort_log2 = 40;
  const ClearanceText text = SealClearance(clearance, *key);
  const std::string_view name = out.request.https ? kHostCookie : kPlainCookie;
  out.cookie = Concat(name, "=", std::string_view(text.data(), text.size()));
  out.request.cookies = {};
  out.request.cookies[0] = out.cookie;
  out.request.cookie_count = 1;
  return true;
}

// Pins the request to the site of this name. False if there is none.
bool PinSite(const Config& config, const std::string& name, Request& request) {
  for (std::size_t i = 0; i < config.sites.size(); ++i) {
    if (config.sites[i].options.name != name) continue;
    request.site = static_cast<std::uint16_t>(i);
    return true;
  }
  return false;
}

int Explain(const ExplainOptions& options, const Deployment& deployment,
            ExplainedRequest& explained, UnixMillis now) {
  Request& request = explained.request;
  auto tables = RedeemTables::Create({});
  if (!tables) return Refuse(ToString(tables.error()));
  auto engine = BuildEngine(deployment.config, *deployment.ring, false, *std::move(tables));
  if (!engine) return Refuse(ToString(engine.error()));
  EngineSlot slot(*std::move(engine));
  const std::unique_ptr<Worker> worker = slot.NewWorker();
  const Engine& current = slot.Enter(*worker);

  const std::size_t site = current.SiteOf(request);
  const Policy& policy = current.policy(site);
  const Puzzle puzzle = policy.LevelFor(255)->alternatives[0].puzzle;
  if (options.rank && *options.rank != 0 &&
      !GiveClearance(*options.rank, puzzle, *deployment.site_keys[site], now, explained)) {
    return Refuse("no key signs now, so nothing can be held: see stile check");
  }
  const Decision decision = current.Decide(request, now, *worker);
  ClientFacts facts;
  facts.rank_held = decision.rank_held;
  facts.now = now;
  DecisionTrace trace{
      policy, request, current.site_options(site).name, decision, policy.Match(request, facts), {}};
  if (decision.action != Action::kServe) trace.traces = stile::Explain(policy, request, facts);
  const std::string text = options.json ? DecisionTraceJson(trace) : DecisionTraceText(trace);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return decision.action == Action::kAllow || decision.action == Action::kServe ? 0 : 1;
}

}  // namespace

int RunExplain(const ExplainOptions& options) {
  const UnixMillis now = WallClock();
  ExplainedRequest explained;
  if (const std::string fault = Describe(options, explained); !fault.empty()) return Refuse(fault);
  const auto deployment = Deployment::Load(options.config, now);
  if (!deployment) return std::fprintf(stderr, "%s\n", ToString(deployment.error()).c_str()), 2;
  if (!options.site.empty() && !PinSite(deployment->config, options.site, explained.request)) {
    return Refuse("there is no site '" + options.site + "' in the configuration");
  }
  Errors mistakes;
  const GeoDatabases geo = OpenGeoDatabases(deployment->config.geo, mistakes);
  if (!mistakes.empty()) return std::fprintf(stderr, "%s\n", ToString(mistakes).c_str()), 2;
  LookUp(geo, options, explained.request);
  return Explain(options, *deployment, explained, now);
}

}  // namespace stile
