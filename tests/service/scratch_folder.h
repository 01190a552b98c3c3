#ifndef STILE_TESTS_SERVICE_SCRATCH_FOLDER_H_
#define STILE_TESTS_SERVICE_SCRATCH_FOLDER_H_

#include <string>
#include <string_view>

namespace stile {

// A folder of a test's own, removed with it.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] std::string Path(std::string_view name) const;
  // Writes a file of mode 0600 and returns its path.
  std::string Write(std::string_view name, std::string_view text) const;
  [[nodiscard]] std::string Read(std::string_view name) const;

 private:
  std::string path_;
};

// A configuration in which all is right: a gateway, a site with policy.toml, keys.toml and state/.
inline constexpr std::string_view kGoodConfig =
    "[[listener]]\n"
    "address = \"127.0.0.1:0\"\n"
    "[[site]]\n"
    "name = \"main\"\n"
    "hosts = [\"*\"]\n"
    "upstream = \"http://127.0.0.1:3000\"\n"
    "policy = \"policy.toml\"\n"
    "[keys]\n"
    "file = \"keys.toml\"\n"
    "[state]\n"
    "directory = \"state\"\n";
inline constexpr std::string_view kGoodPolicy =
    "[[rule]]\n"
    "name = \"all\"\n"
    "path = [\"/*\"]\n"
    "action = \"challenge\"\n"
    "level = \"light\"\n";
inline constexpr std::string_view kBadPolicy =
    "[[rule]]\n"
    "name = \"all\"\n"
    "action = \"chalenge\"\n";
inline constexpr std::string_view kGoodKeys =
    "[[key]]\n"
    "id = 7\n"
    "secret = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"\n"
    "sign_from = 2026-01-01T00:00:00Z\n";

}  // namespace stile

#endif  // STILE_TESTS_SERVICE_SCRATCH_FOLDER_H_
