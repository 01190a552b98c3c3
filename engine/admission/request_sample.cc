#include "engine/admission/request_sample.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "challenge/ascii_text.h"
#include "challenge/ip_address.h"

namespace stile {
namespace {

// The texts that a Request names, in the order in which a sample has them.
std::array<std::string_view, 13> TextsOf(const Request& request) noexcept {
  return {request.method,         request.target,
          request.host,           request.user_agent,
          request.accept,         request.accept_language,
          request.origin,         request.access_control_request_method,
          request.sec_fetch_mode, request.sec_fetch_site,
          request.content_type,   request.country,
          request.tls_fingerprint};
}

// Further fields that rules look at and that say nothing of who somebody is. Lower case.
constexpr std::string_view kHarmless[] = {
    "accept-encoding",
    "connection",
    "dnt",
    "purpose",
    "priority",
    "save-data",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-user",
    "sec-purpose",
    "upgrade",
    "upgrade-insecure-requests",
    "x-requested-with",
};

bool IsHarmless(std::string_view name) noexcept {
  return std::any_of(std::begin(kHarmless), std::end(kHarmless),
                     [name](std::string_view one) { return EqualsIgnoringCase(name, one); });
}

}  // namespace

bool RequestSample::Add(std::size_t index, std::string_view text) noexcept {
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  if (text.size() > text_.size() - begin) return false;
  if (!text.empty()) std::memcpy(text_.data() + begin, text.data(), text.size());
  ends_[index] = static_cast<std::uint16_t>(begin + text.size());
  return true;
}

std::string_view RequestSample::Text(std::size_t index) const noexcept {
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return {text_.data() + begin, ends_[index] - begin};
}

bool RequestSample::Take(const Request& request, const Standing& standing,
                         std::uint32_t pinned_site) noexcept {
  std::size_t index = 0;
  for (const std::string_view text : TextsOf(request)) {
    if (!Add(index++, text)) return false;
  }
  field_count_ = 0;
  for (const RequestField& field : request.fields) {
    if (!IsHarmless(field.name)) continue;
    if (field_count_ == kMaxFields) return false;
    if (!Add(index++, field.name) || !Add(index++, field.value)) return false;
    ++field_count_;
  }
  // What isn't used is still copied.
  std::fill(ends_.begin() + static_cast<std::ptrdiff_t>(index), ends_.end(), ends_[index - 1]);
  standing_ = standing;
  pinned_site_ = pinned_site;
  asn_ = request.asn;
  https_ = request.https ? 1 : 0;
  address_.fill(0);
  address_size_ = 0;
  if (request.address) {
    address_ = request.address->bytes();
    address_size_ = request.address->is_v6() ? 16 : 4;
  }
  return true;
}

Request RequestSample::View(FieldRoom& room) const noexcept {
  Request request;
  std::size_t index = 0;
  for (std::string_view* text :
       {&request.method, &request.target, &request.host, &request.user_agent, &request.accept,
        &request.accept_language, &request.origin, &request.access_control_request_method,
        &request.sec_fetch_mode, &request.sec_fetch_site, &request.content_type, &request.country,
        &request.tls_fingerprint}) {
    *text = Text(index++);
  }
  request.asn = asn_;
  request.https = https_ != 0;
  if (address_size_ == 16) {
    request.address = IpAddress::V6(address_);
  } else if (address_size_ == 4) {
    IpAddress::Bytes4 bytes{};
    std::copy_n(address_.begin(), bytes.size(), bytes.begin());
    request.address = IpAddress::V4(bytes);
  }
  std::size_t count = 0;
  const RequestField named[] = {{"host", request.host},
                                {"user-agent", request.user_agent},
                                {"accept", request.accept},
                                {"accept-language", request.accept_language},
                                {"origin", request.origin},
                                {"sec-fetch-mode", request.sec_fetch_mode},
                                {"sec-fetch-site", request.sec_fetch_site},
                                {"content-type", request.content_type}};
  for (const RequestField& field : named) {
    if (!field.value.empty()) room[count++] = field;
  }
  for (std::size_t i = 0; i < field_count_ && count < room.size(); ++i, index += 2) {
    room[count++] = {Text(index), Text(index + 1)};
  }
  request.fields = std::span<const RequestField>(room.data(), count);
  return request;
}

std::size_t RequestSample::UsedBytes() const noexcept {
  return static_cast<std::size_t>(text_.data() - reinterpret_cast<const char*>(this)) +
         ends_.back();
}

}  // namespace stile
