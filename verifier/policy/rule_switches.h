#ifndef STILE_VERIFIER_POLICY_RULE_SWITCHES_H_
#define STILE_VERIFIER_POLICY_RULE_SWITCHES_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace stile {

// What an order makes of one rule.
enum class RuleSwitch : std::uint8_t {
  kConfigured = 0,  // What its policy says.
  kEnforce = 1,     // It acts as written, also where its policy has it in shadow.
  kShadow = 2,      // It is counted where it matches, and decides and adds nothing.
  kOpen = 3,        // It is killed: passed over unread, as if it were off, and reported so.
  // It acts, and where it challenges it asks the highest level, as GateMode::kAttack does.
  kAttack = 4,
};

// The switches of a policy's rules. They lie beside the compiled policy, so that turning one
// compiles nothing and can't fail. A rule that is off in its policy is not compiled, and no switch
// wakes it.
//
// Any thread may look at any time; one thread at a time turns. While none is turned, a request
// looks once.
class RuleSwitches {
 public:
  explicit RuleSwitches(std::size_t rules)
      : size_(rules), switches_(std::make_unique<std::atomic<RuleSwitch>[]>(rules)) {}

  // True if any rule is not kConfigured.
  [[nodiscard]] bool any() const noexcept { return turned_.load(std::memory_order_relaxed) != 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  // Of the rule with this index. An index that there is not is kConfigured.
  [[nodiscard]] RuleSwitch Of(std::size_t rule) const noexcept {
    return rule < size_ ? switches_[rule].load(std::memory_order_relaxed) : RuleSwitch::kConfigured;
  }

  void Turn(std::size_t rule, RuleSwitch to) noexcept {
    if (rule >= size_) return;
    const RuleSwitch before = switches_[rule].exchange(to, std::memory_order_relaxed);
    const bool was_turned = before != RuleSwitch::kConfigured;
    const bool is_turned = to != RuleSwitch::kConfigured;
    if (is_turned && !was_turned) turned_.fetch_add(1, std::memory_order_relaxed);
    if (was_turned && !is_turned) turned_.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  std::size_t size_;
  std::atomic<std::uint32_t> turned_{0};
  std::unique_ptr<std::atomic<RuleSwitch>[]> switches_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_RULE_SWITCHES_H_
