#include "tool/client_table.h"

#include <absl/hash/hash.h>
#include <absl/strings/string_view.h>

#include "challenge/concat.h"

namespace stile {
namespace {

// A site that binds no addresses still has clients: they are told apart as by default.
int PrefixLength(const IpAddress& address, const BindingOptions& binding) {
  const BindingOptions usual;
  if (address.is_v6()) return binding.ipv6_prefix != 0 ? binding.ipv6_prefix : usual.ipv6_prefix;
  return binding.ipv4_prefix != 0 ? binding.ipv4_prefix : usual.ipv4_prefix;
}

}  // namespace

std::size_t ClientTable::TextHash::operator()(std::string_view text) const {
  return absl::Hash<absl::string_view>{}(absl::string_view(text.data(), text.size()));
}

std::optional<std::uint32_t> ClientTable::FindUserAgent(std::string_view text) {
  text = text.substr(0, limits_.user_agent_bytes);
  if (const auto at = user_agent_numbers_.find(text); at != user_agent_numbers_.end()) {
    return at->second;
  }
  if (user_agents_.size() >= limits_.user_agents) return was_full_ = true, std::nullopt;
  const auto number = static_cast<std::uint32_t>(user_agents_.size());
  user_agents_.push_back({std::string(text), -1, false});
  user_agent_numbers_.emplace(user_agents_.back().text, number);
  return number;
}

ReplayedClient* ClientTable::Find(std::uint16_t site, const std::optional<IpAddress>& address,
                                  std::uint32_t user_agent, const BindingOptions& binding) {
  Key key{0, user_agent, site, 0};
  int length = 0;
  if (address) {
    length = PrefixLength(*address, binding);
    key.prefix = address->Prefix(length);
    key.family = address->is_v6() ? 6 : 4;
  }
  if (const auto at = client_numbers_.find(key); at != client_numbers_.end()) {
    return &clients_[at->second];
  }
  if (clients_.size() >= limits_.clients) return was_full_ = true, nullptr;
  client_numbers_.emplace(key, static_cast<std::uint32_t>(clients_.size()));
  ReplayedClient& client = clients_.emplace_back();
  client.site = site;
  client.prefix_length = static_cast<std::uint8_t>(length);
  client.address = address;
  client.user_agent = user_agent;
  return &client;
}

std::string ClientTable::AddressText(const ReplayedClient& client) {
  if (!client.address) return "unknown";
  IpAddress::Bytes16 bytes = client.address->bytes();
  for (std::size_t bit = client.prefix_length; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
  }
  const IpAddress first = client.address->is_v6()
                              ? IpAddress::V6(bytes)
                              : IpAddress::V4({bytes[0], bytes[1], bytes[2], bytes[3]});
  return Concat(first.ToString(), "/", static_cast<int>(client.prefix_length));
}

}  // namespace stile
