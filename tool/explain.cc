#include "tool/explain.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/engine_slot.h"
#include "service/concat.h"
#include "service/request_head.h"
#include "service/wall_clock.h"
#include "tool/deployment.h"
#include "tool/http_client.h"
#include "verifier/redeemer.h"

namespace stile {
namespace {

int Refuse(const std::string& message) {
  std::fprintf(stderr, "stile explain: %s\n", message.c_str());
  return 2;
}

// Puts one "Name: value" where a request has it. Returns false if it isn't of that form.
bool TakeHeader(std::string_view line, Request& request) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  const std::pair<std::string_view, std::string_view*> known[] = {
      {"host", &request.host},
      {"user-agent", &request.user_agent},
      {"accept", &request.accept},
      {"accept-language", &request.accept_language},
      {"origin", &request.origin},
      {"access-control-request-method", &request.access_control_request_method},
      {"sec-fetch-mode", &request.sec_fetch_mode},
      {"content-type", &request.content_type},
  };
  for (const auto& [field, view] : known) {
    if (EqualsLower(name, field)) *view = value;
  }
  if (EqualsLower(name, "cookie") && request.cookie_count < Request::kMaxCookieFields) {
    request.cookies[request.cookie_count++] = value;
  }
  return true;
}

void PrintRules(const Policy& policy, const Request& request, const Decision& decision) {
  for (const RuleTrace& trace : Explain(policy, request)) {
    const Rule& rule = policy.rules()[trace.rule];
    const char* mode = rule.mode == RuleMode::kShadow ? " (shadow)"
                       : rule.mode == RuleMode::kOff  ? " (off)"
                                                      : "";
    std::printf("rule %-3d   %s%s: %s: %s%s\n", trace.rule + 1, rule.name.c_str(), mode,
                trace.matched ? "yes" : "no", trace.why.c_str(),
                trace.rule == decision.rule ? "  <- decides" : "");
  }
}

void PrintDecision(const Policy& policy, const Decision& decision) {
  std::printf("clearance  %s", std::string(VerdictName(decision.verdict)).c_str());
  if (decision.rank_held != 0) std::printf(", rank %d is held", decision.rank_held);
  std::string text(ActionName(decision.action));
  if (decision.action == Action::kChallenge) {
    text += Concat(" at level ", policy.LevelFor(decision.level_rank)->name);
  }
  if (decision.rank_needed != 0) {
    absl::StrAppend(&text, "; rank ", decision.rank_needed, " must be held");
  }
  if (decision.action == Action::kServe) text += Concat(": one of Stile's own endpoints");
  if (decision.by_grace) absl::StrAppend(&text, "; an expired clearance carries this method");
  if (decision.by_mode) absl::StrAppend(&text, "; only the site's mode lets it pass");
  if (decision.action != Action::kServe && decision.rule >= policy.rules().size()) {
    absl::StrAppend(&text, "; no rule matched: the default, or a built-in exemption");
  }
  std::printf("\ndecision   %s\n", text.c_str());
}

}  // namespace

int RunExplain(const ExplainOptions& options) {
  const UnixMillis now = WallClock();
  const absl::StatusOr<Url> url = Url::Parse(options.url);
  if (!url.ok()) return Refuse(std::string(url.status().message()));
  Request request;
  request.method = options.method;
  request.target = url->target;
  request.host = url->host;
  request.https = url->https;
  for (const std::string& header : options.headers) {
    if (!TakeHeader(header, request)) return Refuse("'" + header + "' is not like 'Name: value'");
  }
  if (!options.ip.empty()) {
    request.address = IpAddress::Parse(options.ip);
    if (!request.address) return Refuse("'" + options.ip + "' is not an IP address");
  }

  const auto deployment = Deployment::Load(options.config, now);
  if (!deployment) return std::fprintf(stderr, "%s\n", ToString(deployment.error()).c_str()), 2;
  auto tables = RedeemTables::Create({});
  if (!tables) return Refuse(ToString(tables.error()));
  auto engine = BuildEngine(deployment->config, *deployment->ring, false, *std::move(tables));
  if (!engine) return Refuse(ToString(engine.error()));
  EngineSlot slot(*std::move(engine));
  const std::unique_ptr<Worker> worker = slot.NewWorker();
  const Engine& current = slot.Enter(*worker);

  const std::size_t site = current.SiteOf(request);
  const Decision decision = current.Decide(request, now, *worker);
  std::printf("site       %s\n", current.site_options(site).name.c_str());
  if (decision.action != Action::kServe) PrintRules(current.policy(site), request, decision);
  PrintDecision(current.policy(site), decision);
  return decision.action == Action::kAllow || decision.action == Action::kServe ? 0 : 1;
}

}  // namespace stile
