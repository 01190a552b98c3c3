#ifndef STILE_SERVICE_GRPC_STATUS_H_
#define STILE_SERVICE_GRPC_STATUS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stile {

// How a gRPC call ended: those of gRPC's codes that a server of Stile's gives, by their numbers.
enum class GrpcStatus : std::uint8_t {
  kOk = 0,
  kInvalidArgument = 3,
  kNotFound = 5,
  kResourceExhausted = 8,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
};
inline constexpr std::size_t kGrpcStatusCount = 15;

// The name that metrics use, such as "invalid-argument"; empty for what is no status here.
[[nodiscard]] constexpr std::string_view GrpcStatusName(GrpcStatus status) noexcept {
  switch (status) {
    case GrpcStatus::kOk:
      return "ok";
    case GrpcStatus::kInvalidArgument:
      return "invalid-argument";
    case GrpcStatus::kNotFound:
      return "not-found";
    case GrpcStatus::kResourceExhausted:
      return "resource-exhausted";
    case GrpcStatus::kUnimplemented:
      return "unimplemented";
    case GrpcStatus::kInternal:
      return "internal";
    case GrpcStatus::kUnavailable:
      return "unavailable";
  }
  return {};
}

}  // namespace stile

#endif  // STILE_SERVICE_GRPC_STATUS_H_
