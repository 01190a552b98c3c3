#include "service/redis_password.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "challenge/concat.h"
#include "service/file_text.h"

namespace stile {
namespace {

constexpr std::size_t kMaxFile = 4'096;
constexpr std::size_t kMaxPassword = 1'024;

std::span<std::uint8_t> BytesOf(std::string& text) {
  return {reinterpret_cast<std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

tl::expected<SecretBytes, Error> LoadRedisPassword(const RedisConfig& redis) {
  if (redis.password_file.empty()) return SecretBytes();
  auto file = ReadFile(redis.password_file, kMaxFile);
  if (!file.ok()) {
    return tl::unexpected(Error{
        CodeOf(file.status()), redis.password_place,
        Concat("password file ", redis.password_file, " ",
               std::string_view(file.status().message().data(), file.status().message().size()))});
  }
  std::string_view line(file->text);
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  const bool fits = !line.empty() && line.size() <= kMaxPassword;
  SecretBytes password(
      std::span(reinterpret_cast<const std::uint8_t*>(line.data()), fits ? line.size() : 0));
  Wipe(BytesOf(file->text));
  if (fits) return password;
  return tl::unexpected(Error{ErrorCode::kInvalidArgument, redis.password_place,
                              Concat("password file ", redis.password_file,
                                     " must have the password in its first line, at most 1,024 "
                                     "bytes")});
}

}  // namespace stile
