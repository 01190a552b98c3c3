#include "verifier/policy/source_digest.h"

#include <cstdint>
#include <string_view>
#include <vector>

#include "challenge/sha256.h"

namespace stile {
namespace {

class CanonicalForm {
 public:
  void Add(std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes_.push_back(static_cast<std::uint8_t>(number >> shift));
    }
  }
  void Add(std::string_view text) {
    Add(std::uint64_t{text.size()});
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }
  void Add(const std::vector<std::string>& texts) {
    Add(std::uint64_t{texts.size()});
    for (const std::string& text : texts) Add(std::string_view(text));
  }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  void Add(Enum value) { Add(static_cast<std::uint64_t>(value)); }

  [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

void Add(const Level& level, CanonicalForm& form) {
  form.Add(std::string_view(level.name));
  form.Add(std::uint64_t{level.rank});
  form.Add(std::uint64_t{level.alternative_count});
  for (std::size_t i = 0; i < level.alternative_count; ++i) {
    const Alternative& alternative = level.alternatives[i];
    form.Add(alternative.puzzle);
    form.Add(std::uint64_t{alternative.rank});
    form.Add(std::uint64_t{alternative.parts});
    form.Add(std::uint64_t{alternative.budget_class});
    form.Add(alternative.effort);
    form.Add(std::uint64_t{alternative.lifetime_seconds});
    form.Add(std::string_view(level.earns[i]));
  }
}

void Add(const Rule& rule, CanonicalForm& form) {
  form.Add(std::string_view(rule.name));
  form.Add(rule.hosts);
  form.Add(rule.paths);
  form.Add(rule.methods);
  form.Add(std::uint64_t{rule.ips.size()});
  for (const Cidr& range : rule.ips) {
    form.Add(std::string_view(range.address.ToString()));
    form.Add(static_cast<std::uint64_t>(range.length));
  }
  form.Add(rule.user_agents);
  form.Add(rule.action);
  form.Add(std::uint64_t{rule.rank});
  form.Add(rule.mode);
  form.Add(rule.on_fault);
}

}  // namespace

std::string DigestOf(const PolicySource& source) {
  CanonicalForm form;
  form.Add(std::string_view("stile-policy-v1"));
  form.Add(std::uint64_t{source.levels.size()});
  for (const Level& level : source.levels) Add(level, form);
  form.Add(std::uint64_t{source.rules.size()});
  for (const Rule& rule : source.rules) Add(rule, form);
  form.Add(source.default_action);
  form.Add(std::uint64_t{source.default_rank});

  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : Sha256(form.bytes())) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace stile
