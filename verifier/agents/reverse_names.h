#ifndef STILE_VERIFIER_AGENTS_REVERSE_NAMES_H_
#define STILE_VERIFIER_AGENTS_REVERSE_NAMES_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/ip_address.h"
#include "challenge/unix_millis.h"

namespace stile {

// What forward-confirmed reverse DNS said about an address and the names that an agent uses.
enum class NameVerdict : std::uint8_t {
  kUnknown = 0,    // Not asked yet, asked without an answer, or forgotten.
  kConfirmed = 1,  // A name of the agent's, which resolves back to the address.
  kRefuted = 2,    // Another name, none, or one that doesn't resolve back.
};

// What reverse DNS has told about addresses: a table of fixed size that one thread writes and every
// request may read. A full neighbourhood forgets the answer that runs out first. Keyed with a
// secret, so that nobody chooses addresses that share a cell. Survives reloads.
class ReverseNames {
 public:
  static constexpr std::size_t kDefaultCells = 16'384;

  // `seed` is random. Rounds `cells` up to a power of two; 64 to 2^24, else kOutOfRange.
  [[nodiscard]] static tl::expected<std::unique_ptr<ReverseNames>, Error> Create(
      const std::array<std::uint8_t, 16>& seed, std::size_t cells = kDefaultCells);

  // `agent` is Policy::AgentKey: the same for the same names. Does not allocate, block or throw.
  [[nodiscard]] NameVerdict Find(const IpAddress& address, std::uint64_t agent,
                                 UnixMillis now) const noexcept;

  // Remembers an answer until `until`. kUnknown remembers that there is none, so that Find still
  // says kUnknown and IsRecorded true. For one writer at a time.
  void Record(const IpAddress& address, std::uint64_t agent, NameVerdict verdict,
              UnixMillis until) noexcept;

  // True if there is an answer, of whatever kind, that has not run out.
  [[nodiscard]] bool IsRecorded(const IpAddress& address, std::uint64_t agent,
                                UnixMillis now) const noexcept;

 private:
  // One answer. A reader may meet the words of two: then their sum is neither's tag.
  struct Cell {
    std::atomic<std::uint64_t> sealed_tag{0};  // Tag of address and agent, xor answer.
    std::atomic<std::uint64_t> answer{0};      // Verdict and until when it holds; 0: empty.
  };
  explicit ReverseNames(const std::array<std::uint8_t, 16>& seed, std::size_t cells);
  [[nodiscard]] std::uint64_t TagOf(const IpAddress& address, std::uint64_t agent) const noexcept;
  [[nodiscard]] std::uint64_t AnswerOf(const IpAddress& address, std::uint64_t agent,
                                       UnixMillis now) const noexcept;

  std::array<std::uint8_t, 16> seed_;
  std::size_t mask_;
  std::unique_ptr<Cell[]> cells_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_AGENTS_REVERSE_NAMES_H_
