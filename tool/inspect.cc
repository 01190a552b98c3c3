#include "tool/inspect.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>

#include "challenge/clearance.h"
#include "challenge/concat.h"
#include "challenge/context.h"
#include "challenge/puzzle/puzzle.h"
#include "challenge/sealed_challenge.h"
#include "service/wall_clock.h"
#include "tool/credential_lines.h"
#include "tool/deployment.h"
#include "tool/reference_report.h"
#include "verifier/verdict.h"

namespace stile {
namespace {

std::string Hex(const TokenId& id) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(id.data()), id.size()));
}

std::string BindingText(const Binding& binding) {
  std::string text;
  if ((binding.parts & Binding::kAddress) != 0) {
    IpAddress::Bytes16 bytes{};
    for (std::size_t i = 0; i < 8; ++i) {
      bytes[i] = static_cast<std::uint8_t>(binding.prefix >> (56 - 8 * i));
    }
    const IpAddress address = (binding.parts & Binding::kIpv6) != 0
                                  ? IpAddress::V6(bytes)
                                  : IpAddress::V4({bytes[0], bytes[1], bytes[2], bytes[3]});
    text = Concat(address.ToString(), "/", binding.prefix_length);
  }
  if ((binding.parts & Binding::kUserAgent) != 0) {
    text += Concat(text.empty() ? "" : ", ",
                   absl::StrFormat("user-agent class %08x", binding.user_agent_class));
  }
  return text.empty() ? "nothing" : text;
}

std::string RankText(std::uint8_t rank, const Policy* policy) {
  const std::string_view name = policy == nullptr ? std::string_view() : policy->LevelName(rank);
  if (name.empty()) return Concat(rank);
  return Concat(rank, " (", name, ")");
}

std::string PuzzleText(const Alternative& alternative, const Policy* policy) {
  const bool waits = alternative.puzzle == Puzzle::kWait;
  return Concat(PuzzleName(alternative.puzzle), ", ",
                waits ? absl::StrFormat("%.1f s", static_cast<double>(alternative.effort) / 1000)
                      : Concat(alternative.effort, " evaluations in ", alternative.parts, " parts"),
                "; earns rank ", RankText(alternative.rank, policy), " for ",
                absl::FormatDuration(absl::Seconds(alternative.lifetime_seconds)));
}

// What all three tokens claim before they are believed.
struct Claims {
  KeyPurpose purpose;
  std::uint8_t key_id;
  std::int64_t issued_at;
  std::int64_t expires_at;
  std::uint32_t site_id;
};

// One credential seen by one deployment. Without a deployment nothing can be believed.
class Inspection {
 public:
  Inspection(const Deployment* deployment, UnixMillis now) : deployment_(deployment), now_(now) {}

  // Prints one token. Returns whether it is valid.
  bool Print(std::string_view text) {
    SealedClearance clearance;
    SealedChallenge challenge;
    SealedContext context;
    const TokenShape shape = clearance.Parse(text);
    if (shape == TokenShape::kWellFormed) return PrintClearance(clearance);
    if (challenge.Parse(text) == TokenShape::kWellFormed) return PrintChallenge(challenge);
    if (context.Parse(text) == TokenShape::kWellFormed) return PrintContext(context);
    std::puts(shape == TokenShape::kUnsigned ? "clearance" : "token");
    PrintLine("verdict", shape == TokenShape::kUnsigned ? "unsigned" : "malformed");
    return false;
  }

 private:
  // Finds the key that made the token, and prints what is claimed.
  const HmacKey* FindKey(const Claims& claims) {
    const HmacKey* key = nullptr;
    std::string site = absl::StrFormat("%08x", claims.site_id);
    for (std::size_t i = 0; deployment_ != nullptr && i < deployment_->site_keys.size(); ++i) {
      const SiteKeys& keys = *deployment_->site_keys[i];
      if (keys.site_id() != claims.site_id) continue;
      site = Concat(keys.site(), " (", site, ")");
      policy_ = deployment_->config.sites[i].options.policy.get();
      site_known_ = true;
      key = keys.Find(claims.purpose, claims.key_id, claims.issued_at, now_);
    }
    PrintLine("site", site);
    PrintLine("key id", Concat(claims.key_id));
    PrintLine("issued at", TimeText(claims.issued_at, now_));
    PrintLine("expires at", TimeText(claims.expires_at, now_));
    return key;
  }

  // Prints the verdict, in the order of docs/wire-format.md, and returns whether it is valid.
  bool PrintVerdict(const Claims& claims, const HmacKey* key, bool opened) {
    Verdict verdict = Verdict::kValid;
    if (deployment_ == nullptr) {
      PrintLine("verdict",
                "not checked, for there is no configuration: what stands here is a claim");
      return false;
    }
    if (!site_known_) {
      verdict = Verdict::kWrongSite;
    } else if (claims.expires_at <= now_.Seconds()) {
      verdict = Verdict::kExpired;
    } else if (claims.issued_at > now_.Seconds() + kClockSkewSeconds) {
      verdict = Verdict::kNotYetValid;
    } else if (key == nullptr) {
      verdict = Verdict::kUnknownKey;
    } else if (!opened) {
      verdict = Verdict::kForged;
    }
    PrintLine("verdict", VerdictName(verdict));
    return verdict == Verdict::kValid;
  }

  bool PrintClearance(const SealedClearance& sealed) {
    std::puts("clearance");
    const Claims claims{KeyPurpose::kClearance, sealed.claimed_key_id(), sealed.claimed_issued_at(),
                        sealed.claimed_expires_at(), sealed.claimed_site_id()};
    const HmacKey* key = FindKey(claims);
    Clearance clearance;
    const bool opened = key != nullptr && sealed.Open(*key, clearance);
    if (opened) {
      PrintLine("id", Hex(clearance.id));
      PrintLine("rank", RankText(clearance.rank, policy_));
      const bool waited = clearance.puzzle == Puzzle::kWait;
      PrintLine("puzzle", Concat(PuzzleName(clearance.puzzle),
                                 waited ? ""
                                        : absl::StrFormat(", at least 2^%d evaluations",
                                                          clearance.effort_log2)));
      PrintLine("bound to", BindingText(clearance.binding));
      PrintLine("roams", Concat(clearance.roams));
    }
    return PrintVerdict(claims, key, opened);
  }

  bool PrintChallenge(const SealedChallenge& sealed) {
    std::puts("challenge");
    const Claims claims{KeyPurpose::kChallenge, sealed.claimed_key_id(),
                        sealed.claimed_issued_at().Seconds(), sealed.claimed_expires_at(),
                        sealed.claimed_site_id()};
    const HmacKey* key = FindKey(claims);
    Challenge challenge;
    const bool opened = key != nullptr && sealed.Open(*key, challenge);
    if (opened) {
      PrintLine("id", Hex(challenge.id));
      PrintLine("mint key id", Concat(challenge.mint_key_id));
      for (std::size_t i = 0; i < challenge.alternative_count; ++i) {
        PrintLine(Concat("solve ", i), PuzzleText(challenge.alternatives[i], policy_));
      }
      PrintLine("returns to", challenge.return_path);
      PrintLine("bound to", BindingText(challenge.binding));
      PrintLine("roams", Concat(challenge.roams));
    }
    return PrintVerdict(claims, key, opened);
  }

  bool PrintContext(const SealedContext& sealed) {
    std::puts("context");
    const Claims claims{KeyPurpose::kContext, sealed.claimed_key_id(), sealed.claimed_issued_at(),
                        sealed.claimed_expires_at(), sealed.claimed_site_id()};
    const HmacKey* key = FindKey(claims);
    Context context;
    const bool opened = key != nullptr && sealed.Open(*key, context);
    if (opened) {
      PrintLine("action", ActionName(static_cast<Action>(context.action)));
      PrintLine("because of", VerdictName(static_cast<Verdict>(context.verdict)));
      PrintLine("rank", RankText(context.rank, policy_));
      const bool by_rule = policy_ != nullptr && context.rule < policy_->rules().size();
      PrintLine("rule", by_rule ? policy_->rules()[context.rule].name : "none");
      PrintLine("returns to", context.return_path);
    }
    return PrintVerdict(claims, key, opened);
  }

  const Deployment* deployment_;
  UnixMillis now_;
  const Policy* policy_ = nullptr;
  bool site_known_ = false;
};

}  // namespace

int RunInspect(const InspectOptions& options) {
  const UnixMillis now = WallClock();
  const auto deployment = Deployment::Load(options.config, now);
  if (!deployment) {
    std::fprintf(stderr, "stile inspect: without keys nothing can be checked:\n%s\n",
                 ToString(deployment.error()).c_str());
  }
  const Deployment* at_hand = deployment ? &*deployment : nullptr;
  std::string joined;
  for (const std::string& word : options.words) joined += word;
  std::string_view credential = joined;
  if (const auto reference = SealedReference::Parse(credential)) {
    return PrintReference(*reference, options.config, at_hand, now) ? 0 : 1;
  }
  const std::size_t equals = credential.find('=');
  if (equals != std::string_view::npos) credential.remove_prefix(equals + 1);
  bool valid = !credential.empty();
  while (!credential.empty()) {
    const std::string_view token = credential.substr(0, credential.find('.'));
    credential.remove_prefix(std::min(token.size() + 1, credential.size()));
    valid = Inspection(at_hand, now).Print(token) && valid;
  }
  return valid ? 0 : 1;
}

}  // namespace stile
