#ifndef STILE_TESTS_SIMULATION_ORACLE_H_
#define STILE_TESTS_SIMULATION_ORACLE_H_

#include <cstdint>
#include <unordered_map>

namespace stile::simulation {

// Knows, of every token that was ever handed out, which credential its first acceptance earned.
// Nothing that is simulated may ask it; it outlives every restart.
class Oracle {
 public:
  // A token by the number that the simulation gave it when it was handed out.
  using Token = std::uint64_t;
  using Credential = std::uint64_t;

  // Whether this was the token's first acceptance.
  bool Accept(Token token, Credential credential) {
    Acceptances& known = accepted_[token];
    if (known.count++ == 0) known.first = credential;
    if (known.count == 2) ++doubled_;
    if (known.count > most_) most_ = known.count;
    return known.count == 1;
  }

  [[nodiscard]] std::uint64_t CountOf(Token token) const {
    const auto known = accepted_.find(token);
    return known == accepted_.end() ? 0 : known->second.count;
  }
  // The credential of the first acceptance; 0 when there was none.
  [[nodiscard]] Credential FirstOf(Token token) const {
    const auto known = accepted_.find(token);
    return known == accepted_.end() ? 0 : known->second.first;
  }

  // Tokens that were accepted more than once, and the most acceptances of one token.
  [[nodiscard]] std::uint64_t doubled() const noexcept { return doubled_; }
  [[nodiscard]] std::uint64_t most() const noexcept { return most_; }
  [[nodiscard]] std::uint64_t accepted() const noexcept { return accepted_.size(); }

 private:
  struct Acceptances {
    Credential first = 0;
    std::uint64_t count = 0;
  };
  std::unordered_map<Token, Acceptances> accepted_;
  std::uint64_t doubled_ = 0;
  std::uint64_t most_ = 0;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_ORACLE_H_
