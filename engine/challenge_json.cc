#include "engine/challenge_json.h"

#include <algorithm>

#include "engine/bounded_text.h"

namespace stile {
namespace {

std::string_view Finished(const BoundedText& text) noexcept {
  return text.complete() ? text.view() : std::string_view{};
}

void AddAlternative(const Alternative& alternative, const Policy& policy,
                    BoundedText& text) noexcept {
  text.Add("{\"puzzle\":").AddJson(PuzzleName(alternative.puzzle));
  text.Add(",\"effort\":").AddNumber(alternative.effort);
  text.Add(",\"parts\":").AddNumber(alternative.parts);
  if (alternative.puzzle == Puzzle::kWait) {
    text.Add(",\"seconds\":").AddNumber((alternative.effort + 999) / 1000);
  }
  text.Add(",\"level\":").AddJson(policy.LevelName(alternative.rank));
  text.Add(",\"lifetime\":").AddNumber(alternative.lifetime_seconds).Add("}");
}

}  // namespace

std::string_view WriteChallengeJson(std::string_view token,
                                    std::span<const Alternative> alternatives, const Policy& policy,
                                    std::uint32_t expires_at, std::string_view prefix,
                                    std::span<char> out) noexcept {
  BoundedText text(out);
  text.Add("{\"challenge\":").AddJson(token).Add(",\"alternatives\":[");
  for (std::size_t i = 0; i < alternatives.size(); ++i) {
    if (i > 0) text.Add(",");
    AddAlternative(alternatives[i], policy, text);
  }
  text.Add("],\"expires_at\":").AddNumber(expires_at);
  // A public prefix holds nothing that needs an escape.
  text.Add(",\"redeem\":\"").Add(prefix).Add("/redeem\"}");
  return Finished(text);
}

std::string_view WriteGatedJson(std::string_view level, std::string_view address,
                                std::string_view reference, std::span<char> out) noexcept {
  const std::span<char> room = out.first(std::min(out.size(), kMaxGatedJson));
  for (const std::string_view name : {level, std::string_view{}}) {
    BoundedText text(room);
    text.Add("{\"error\":\"challenge\"");
    if (!name.empty()) text.Add(",\"level\":").AddJson(name);
    text.Add(",\"challenge\":").AddJson(address);
    text.Add(",\"reference\":").AddJson(reference).Add("}");
    if (text.complete()) return text.view();
  }
  return {};
}

std::string_view WriteRefusedJson(std::string_view head, std::string_view reference,
                                  std::span<char> out) noexcept {
  BoundedText text(out);
  text.Add(head).Add(",\"reference\":").AddJson(reference).Add("}");
  return Finished(text);
}

std::string_view WriteClearedJson(std::string_view level, std::int64_t expires_at,
                                  std::string_view return_path, std::span<char> out) noexcept {
  BoundedText text(out);
  text.Add("{\"cleared\":true,\"level\":").AddJson(level);
  text.Add(",\"expires_at\":").AddNumber(static_cast<std::uint64_t>(expires_at));
  text.Add(",\"return_path\":").AddJson(return_path).Add("}");
  return Finished(text);
}

}  // namespace stile
