#include "tests/wire_format/vector_file.h"

#include <gtest/gtest.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "challenge/base64url.h"
#include "challenge/ip_address.h"

namespace stile {
namespace {

std::int64_t NumberOf(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  EXPECT_TRUE(failure == std::errc() && end == text.data() + text.size()) << text;
  return number;
}

}  // namespace

bool VectorRecord::Has(std::string_view key) const {
  for (const auto& [found, value] : lines_) {
    if (found == key) return true;
  }
  return false;
}

const std::string& VectorRecord::Get(std::string_view key) const {
  static const std::string kNone;
  for (const auto& [found, value] : lines_) {
    if (found == key) return value;
  }
  ADD_FAILURE() << name() << " has no " << key;
  return kNone;
}

std::vector<std::string> VectorRecord::All(std::string_view key) const {
  std::vector<std::string> values;
  for (const auto& [found, value] : lines_) {
    if (found == key) values.push_back(value);
  }
  return values;
}

std::int64_t VectorRecord::Number(std::string_view key) const { return NumberOf(Get(key)); }

std::vector<std::uint8_t> VectorRecord::Hex(std::string_view key) const {
  return BytesOfHex(Get(key));
}

std::string VectorRecord::HexText(std::string_view key) const {
  const std::vector<std::uint8_t> bytes = Hex(key);
  return {bytes.begin(), bytes.end()};
}

stile::Client VectorRecord::Client() const {
  stile::Client client;
  const std::string& address = Get("address");
  if (address != "-") {
    client.address = IpAddress::Parse(address);
    EXPECT_TRUE(client.address.has_value()) << address;
  }
  client.user_agent = Get("user_agent");
  return client;
}

std::string ReadVectorText(std::string_view name) {
  const std::string path = std::string(STILE_SOURCE_DIR "/tests/vectors/") + std::string(name);
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<VectorRecord> ReadVectors(std::string_view name) {
  std::vector<VectorRecord> records;
  VectorRecord::Lines lines;
  std::istringstream text(ReadVectorText(name) + "\n\n");
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("#")) continue;
    if (line.empty()) {
      if (!lines.empty()) records.emplace_back(std::move(lines));
      lines.clear();
      continue;
    }
    const std::size_t colon = line.find(':');
    EXPECT_NE(colon, std::string::npos) << line;
    if (colon == std::string::npos) continue;
    lines.emplace_back(line.substr(0, colon),
                       colon + 2 <= line.size() ? line.substr(colon + 2) : std::string());
  }
  EXPECT_FALSE(records.empty()) << name;
  return records;
}

std::vector<std::uint8_t> BytesOfHex(std::string_view hex) {
  std::vector<std::uint8_t> bytes(hex.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char* digits = hex.data() + 2 * i;
    const auto [end, failure] = std::from_chars(digits, digits + 2, bytes[i], 16);
    EXPECT_TRUE(failure == std::errc() && end == digits + 2) << hex;
  }
  return bytes;
}

std::string HexOf(const std::uint8_t* bytes, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (std::size_t i = 0; i < size; ++i) {
    hex += kDigits[bytes[i] >> 4];
    hex += kDigits[bytes[i] & 15];
  }
  return hex;
}

VectorRing::VectorRing(const VectorRecord& ring) {
  EXPECT_EQ(ring.kind(), "ring");
  std::vector<MasterKey> masters;
  for (const std::string& line : ring.All("master")) {
    std::istringstream words(line);
    std::string id, secret, until;
    words >> id >> secret >> until;
    MasterKey master;
    master.id = static_cast<std::uint8_t>(NumberOf(id));
    master.secret = SecretBytes(BytesOfHex(secret));
    if (until != "-") master.verify_until = UnixMillis{NumberOf(until)};
    masters.push_back(std::move(master));
  }
  auto created =
      KeyRing::Create(std::move(masters), UnixMillis::FromSeconds(ring.Number("created")),
                      std::chrono::hours{24 * ring.Number("horizon_days")});
  EXPECT_TRUE(created.has_value()) << ToString(created.error());
  if (created) ring_.push_back(std::move(*created));
}

std::shared_ptr<const SiteKeys> VectorRing::KeysOf(const std::string& site) {
  for (const auto& keys : sites_) {
    if (keys->site() == site) return keys;
  }
  if (ring_.empty()) return nullptr;
  auto keys = ring_.front().ForSite(site);
  EXPECT_TRUE(keys.has_value()) << site;
  if (!keys) return nullptr;
  sites_.push_back(*keys);
  return *keys;
}

std::string FlipBit(std::string_view text, std::size_t bit) {
  std::vector<std::uint8_t> bytes(Base64UrlDecodedLength(text.size()));
  EXPECT_EQ(DecodeBase64Url(text, bytes), std::optional<std::size_t>(bytes.size()));
  bytes[bit / 8] ^= static_cast<std::uint8_t>(0x80 >> bit % 8);
  return EncodeBase64Url(bytes);
}

}  // namespace stile
