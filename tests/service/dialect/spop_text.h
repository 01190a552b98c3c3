#ifndef STILE_TESTS_SERVICE_DIALECT_SPOP_TEXT_H_
#define STILE_TESTS_SERVICE_DIALECT_SPOP_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stile {

// Frames by hand, from the tables of SPOE.txt, section 3, and without the code that is tested.

[[nodiscard]] std::string SpopVarint(std::uint64_t number);
[[nodiscard]] std::string SpopString(std::string_view text);      // A name, or a text's bytes.
[[nodiscard]] std::string SpopText(std::string_view text);        // A value of type STRING.
[[nodiscard]] std::string SpopUint32(std::uint32_t number);       // A value of type UINT32.
[[nodiscard]] std::string SpopBool(bool value);                   // A value of type BOOLEAN.
[[nodiscard]] std::string SpopIpv4(std::string_view four_bytes);  // A value of type IPV4.

using SpopList = std::vector<std::pair<std::string, std::string>>;  // Names and values.
[[nodiscard]] std::string SpopPairs(const SpopList& list);
[[nodiscard]] std::string SpopMessage(const SpopList& arguments, std::string_view name = "any");

// A frame with its length.
[[nodiscard]] std::string SpopFrameText(int type, std::string_view payload,
                                        std::uint64_t stream = 0, std::uint64_t id = 0,
                                        std::uint32_t flags = 1);

// The HAPROXY-HELLO of HAProxy 2.6, and one of a health check.
[[nodiscard]] SpopList HelloKeys(std::uint32_t max_frame_size = 16'380);
[[nodiscard]] std::string HelloText(std::uint32_t max_frame_size = 16'380);
[[nodiscard]] std::string HealthCheckText();

}  // namespace stile

#endif  // STILE_TESTS_SERVICE_DIALECT_SPOP_TEXT_H_
