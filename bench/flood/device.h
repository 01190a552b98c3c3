#ifndef STILE_BENCH_FLOOD_DEVICE_H_
#define STILE_BENCH_FLOOD_DEVICE_H_

#include <array>
#include <string_view>

namespace stile::bench {

// What a visitor solves with. The page starts a worker for each core, up to 8.
struct Device {
  std::string_view name;
  double share = 0;    // Of all visitors.
  double speed = 0;    // Of a worker, to a desktop's.
  double workers = 0;  // As many as run at that speed.
};

// A desktop's worker, evaluations a second: hashwx compiled to WebAssembly, sha256 in JavaScript,
// as where there is no WebAssembly.
inline constexpr double kWorkerHashwxRate = 1.32e6;
inline constexpr double kWorkerPlainSha256Rate = 7.7e6;

// An assumption: nobody publishes how fast the browsers of a site's visitors are. From the slowest
// to the fastest it spans a factor of 24; a published comparison of phones and laptops with another
// library's solver spans 15. The slowest are phones with two cores that are of use.
inline constexpr std::array<Device, 5> kDevices = {{
    {"old phone", 0.02, 1.0 / 6, 2},
    {"slow phone", 0.08, 1.0 / 6, 4},
    {"middle phone", 0.42, 1.0 / 3, 6},
    {"laptop", 0.25, 0.8, 6},
    {"desktop", 0.23, 1, 8},
}};

// Of visitors: browsers without WebAssembly, which take the fallback sha256, and without
// JavaScript, which wait. Assumptions too.
inline constexpr double kWithoutWasm = 0.03;
inline constexpr double kWithoutScript = 0.01;

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_DEVICE_H_
