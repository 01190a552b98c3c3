// Prints what the library has for browsers, for the tests that show it to one.
//
//   page_dump policy [LOGO]             the Content-Security-Policy
//   page_dump language ACCEPT_LANGUAGE  the translation that the field prefers
//   page_dump assets FOLDER             writes each asset, and types.json: name -> type
//   page_dump page NOTICE LANGUAGE PREFIX CHALLENGE WAIT_ALTERNATIVE WAIT_SECONDS TITLE CONTACT
//                  PRIVACY LOGO STYLESHEET REFERENCE
//                                       the page; NOTICE by its number
//   page_dump hashwx                    for each line SEED NONCE of the standard input, in
//   hexadecimal
//                                       and in decimal digits, a line with the hash as the verifier
//                                       computes it
//   page_dump hashwx-modules ADDRESS    for each line SEED the module of its function, one behind
//   the
//                                       other

#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/browser/asset.h"
#include "challenge/browser/page.h"
#include "challenge/puzzle/hashwx_function.h"
#include "challenge/puzzle/hashwx_wasm.h"

namespace {

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

bool WriteFile(const std::string& path, std::string_view body) {
  std::ofstream file(path, std::ios::binary);
  file.write(body.data(), static_cast<std::streamsize>(body.size()));
  return file.good();
}

int WriteAssets(const std::string& folder) {
  std::string types = "{";
  for (const auto assets : {stile::Assets(), stile::StableAssets()}) {
    for (const stile::Asset& asset : assets) {
      const std::string name(asset.name);
      if (!WriteFile(folder + "/" + name, asset.body)) return 1;
      if (types.size() > 1) types += ",";
      types += "\"" + name + "\":\"" + std::string(asset.content_type) + "\"";
    }
  }
  return WriteFile(folder + "/types.json", types + "}") ? 0 : 1;
}

int PrintPage(const std::vector<std::string>& arguments) {
  stile::Page page;
  page.notice = static_cast<stile::PageNotice>(std::atoi(arguments[0].c_str()));
  page.language = arguments[1];
  page.prefix = arguments[2];
  page.challenge = arguments[3];
  page.wait_alternative = static_cast<std::uint8_t>(std::atoi(arguments[4].c_str()));
  page.wait_seconds = static_cast<std::uint32_t>(std::atoi(arguments[5].c_str()));
  page.title = arguments[6];
  page.contact = arguments[7];
  page.privacy = arguments[8];
  page.logo = arguments[9];
  page.stylesheet = arguments[10];
  page.reference = arguments[11];
  std::array<char, stile::kMaxPage> out;
  const std::size_t length = stile::RenderPage(page, out);
  Print({out.data(), length});
  return length == 0 ? 1 : 0;
}

stile::HashwxFunction FunctionOf(const std::string& seed) {
  std::array<std::uint8_t, 32> bytes{};
  for (std::size_t i = 0; i < bytes.size() && 2 * i + 2 <= seed.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(std::strtoul(seed.substr(2 * i, 2).c_str(), nullptr, 16));
  }
  stile::HashwxFunction function;
  stile::HashwxFunction::Make(bytes.data(), function);
  return function;
}

void PrintHashes() {
  std::string seed;
  std::string nonce;
  std::string of;
  stile::HashwxFunction function;
  while (std::cin >> seed >> nonce) {
    if (seed != of) function = FunctionOf(of = seed);
    std::printf("%016" PRIx64 "\n", function.Hash(std::strtoull(nonce.c_str(), nullptr, 10)));
  }
}

void PrintModules(std::uint32_t address) {
  std::array<std::uint8_t, stile::kHashwxModuleSize> module;
  std::string seed;
  while (std::cin >> seed) {
    stile::WriteHashwxModule(FunctionOf(seed), address, module.data());
    std::fwrite(module.data(), 1, module.size(), stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments.size() <= 2 && arguments[0] == "policy") {
    stile::Page page;
    if (arguments.size() == 2) page.logo = arguments[1];
    Print(stile::PageSecurityPolicy(page));
    return 0;
  }
  if (arguments.size() == 2 && arguments[0] == "language") {
    Print(stile::ChoosePageLanguage(arguments[1]));
    return 0;
  }
  if (arguments.size() == 2 && arguments[0] == "assets") return WriteAssets(arguments[1]);
  if (arguments.size() == 1 && arguments[0] == "hashwx") {
    PrintHashes();
    return 0;
  }
  if (arguments.size() == 2 && arguments[0] == "hashwx-modules") {
    PrintModules(static_cast<std::uint32_t>(std::atoi(arguments[1].c_str())));
    return 0;
  }
  if (arguments.size() == 13 && arguments[0] == "page") {
    return PrintPage({arguments.begin() + 1, arguments.end()});
  }
  std::fputs("usage: see the first lines of page_dump.cc\n", stderr);
  return 2;
}
