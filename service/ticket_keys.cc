#include "service/ticket_keys.h"

#include <openssl/crypto.h>

#include <algorithm>

namespace stile {

TicketKeys::Key::~Key() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(mac.data(), mac.size());
}

std::optional<TicketKeys::Key> TicketKeys::Current(Instant now) {
  const std::lock_guard lock(mutex_);
  if (current_ && now - current_->made < kPeriod) return current_;
  Key next;
  next.made = now;
  if (!entropy_.Fill(next.name) || !entropy_.Fill(next.cipher) || !entropy_.Fill(next.mac)) {
    return std::nullopt;
  }
  previous_ = current_;
  current_ = next;
  return current_;
}

std::optional<TicketKeys::Key> TicketKeys::Find(std::span<const std::uint8_t, 16> name,
                                                Instant now) {
  const std::lock_guard lock(mutex_);
  for (const std::optional<Key>* key : {&current_, &previous_}) {
    if (!*key || now - (*key)->made >= 2 * kPeriod) continue;
    if (std::equal(name.begin(), name.end(), (*key)->name.begin())) return *key;
  }
  return std::nullopt;
}

bool TicketKeys::Fill(std::span<std::uint8_t> out) {
  const std::lock_guard lock(mutex_);
  return entropy_.Fill(out);
}

}  // namespace stile
