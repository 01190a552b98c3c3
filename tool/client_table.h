#ifndef STILE_TOOL_CLIENT_TABLE_H_
#define STILE_TOOL_CLIENT_TABLE_H_

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "challenge/binding.h"
#include "challenge/ip_address.h"

namespace stile {

// What one policy made of one client.
struct ClientStanding {
  std::uint32_t cleared = 0;  // Requests that passed with what it held.
  std::uint32_t challenged = 0;
  std::uint32_t denied = 0;
  std::uint8_t rank = 0;   // Held,
  std::int64_t until = 0;  // up to this second.
};

// Whoever the clearances of a site take for one client: a prefix of addresses and a user agent.
struct ReplayedClient {
  std::uint16_t site = 0;
  std::uint8_t prefix_length = 0;
  std::optional<IpAddress> address;  // The first one seen of its prefix.
  std::uint32_t user_agent = 0;      // ClientTable::user_agent.
  std::uint32_t requests = 0;
  ClientStanding before;
  ClientStanding after;            // Under the other policy, if there is one.
  std::uint32_t worse = 0;         // Requests that get less under the other policy.
  std::uint32_t worse_change = 0;  // How the first of them changed: an index of the simulation's.
};

// The clients of one log. Bounded: what comes after the limits is not remembered.
class ClientTable {
 public:
  struct Limits {
    std::size_t clients = 1'000'000;
    std::size_t user_agents = 200'000;
    std::size_t user_agent_bytes = 512;  // Of each one, the rest is cut off.
  };
  struct UserAgent {
    std::string text;
    std::int32_t claim = -1;  // Index of the agent that it claims to be; -1: none.
    bool is_claim_known = false;
  };

  explicit ClientTable(Limits limits) : limits_(limits) {}
  ClientTable() : ClientTable(Limits()) {}

  // The number of a user agent; nullopt if the table is full.
  [[nodiscard]] std::optional<std::uint32_t> FindUserAgent(std::string_view text);
  [[nodiscard]] UserAgent& user_agent(std::uint32_t number) { return user_agents_[number]; }
  [[nodiscard]] const UserAgent& user_agent(std::uint32_t number) const {
    return user_agents_[number];
  }

  // The client of a request; null if the table is full. Until the next call.
  [[nodiscard]] ReplayedClient* Find(std::uint16_t site, const std::optional<IpAddress>& address,
                                     std::uint32_t user_agent, const BindingOptions& binding);

  // True once something was not remembered.
  [[nodiscard]] bool was_full() const noexcept { return was_full_; }
  [[nodiscard]] const std::deque<ReplayedClient>& clients() const noexcept { return clients_; }

  // "192.0.2.0/24", "2001:db8::/56", "unknown".
  [[nodiscard]] static std::string AddressText(const ReplayedClient& client);

 private:
  struct Key {
    std::uint64_t prefix;
    std::uint32_t user_agent;
    std::uint16_t site;
    std::uint8_t family;  // 0: no address.
    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H state, const Key& key) {
      return H::combine(std::move(state), key.prefix, key.user_agent, key.site, key.family);
    }
  };
  struct TextHash {
    std::size_t operator()(std::string_view text) const;
  };

  Limits limits_;
  bool was_full_ = false;
  std::deque<UserAgent> user_agents_;
  absl::flat_hash_map<std::string_view, std::uint32_t, TextHash> user_agent_numbers_;
  std::deque<ReplayedClient> clients_;
  absl::flat_hash_map<Key, std::uint32_t> client_numbers_;
};

}  // namespace stile

#endif  // STILE_TOOL_CLIENT_TABLE_H_
