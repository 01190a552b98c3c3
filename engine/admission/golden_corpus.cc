#include "engine/admission/golden_corpus.h"

#include <optional>
#include <string>
#include <vector>

#include "challenge/ip_address.h"

namespace stile {
namespace {

using Visitor = GoldenRequest::Visitor;

constexpr std::string_view kFirefox =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
constexpr std::string_view kChrome =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36";
constexpr std::string_view kPhone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.6 Mobile/15E148 Safari/604.1";
constexpr std::string_view kTablet =
    "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 "
    "Mobile Safari/537.36";
constexpr std::string_view kCrawler =
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
constexpr std::string_view kHtml =
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

enum class Kind : std::uint8_t { kNavigation = 0, kAsset = 1, kFetch = 2, kProgram = 3 };

// Addresses of very different prefixes that nobody serves from: documentation, benchmarks.
constexpr std::string_view kV4[] = {"192.0.2.7", "198.51.100.23", "203.0.113.90", "198.18.4.5"};
constexpr std::string_view kV6[] = {"2001:db8:1::7", "2001:db8:ff00::23", "3fff:2::90",
                                    "2001:2::5"};

// Keeps what the requests are views of.
class Corpus {
 public:
  Corpus()
      : long_query_("/search?q=" + std::string(1'500, 'a')),
        long_path_("/archive/" + std::string(4'000, 'p')) {
    AddOrdinary();
    AddOthers();
    for (std::size_t i = 0; i < requests_.size(); ++i) requests_[i].request.fields = fields_[i];
  }
  [[nodiscard]] std::span<const GoldenRequest> requests() const { return requests_; }

 private:
  void AddOrdinary() {
    struct Page {
      std::string_view name;
      std::string_view method;
      std::string_view target;
      Kind kind;
    };
    constexpr Page kPages[] = {
        {"home", "GET", "/", Kind::kNavigation},
        {"product", "GET", "/products/42?color=blue&size=m", Kind::kNavigation},
        {"article", "GET", "/news/2026/11/a-stile-in-the-hedge.html", Kind::kNavigation},
        {"search", "GET", "/search?q=garden+gate", Kind::kNavigation},
        {"form", "POST", "/contact", Kind::kNavigation},
        {"style", "GET", "/static/site.css", Kind::kAsset},
        {"picture", "GET", "/images/hedge.webp", Kind::kAsset},
        {"fetch", "GET", "/cart/items.json", Kind::kFetch},
    };
    constexpr std::string_view kBrowsers[] = {kFirefox, kChrome, kPhone, kTablet};
    std::size_t i = 0;
    for (const Page& page : kPages) {
      const std::string_view browser = kBrowsers[i % 4];
      Add(page.name, Visitor::kOrdinary, page.method, page.target, browser, kV4[i % 4], page.kind);
      Add(page.name, Visitor::kOrdinary, page.method, page.target, browser, kV6[i % 4], page.kind);
      ++i;
    }
  }

  void AddOthers() {
    const auto add = [this](std::string_view name, std::string_view method, std::string_view target,
                            std::string_view user_agent, std::string_view address, Kind kind) {
      Add(name, Visitor::kOther, method, target, user_agent, address, kind);
    };
    add("icon", "GET", "/favicon.ico", kFirefox, kV4[0], Kind::kAsset);
    add("robots", "GET", "/robots.txt", kCrawler, "66.249.66.1", Kind::kProgram);
    add("crawler", "GET", "/news/", kCrawler, "66.249.66.1", Kind::kProgram);
    add("false-crawler", "GET", "/news/", kCrawler, kV4[1], Kind::kProgram);
    add("security-contact", "GET", "/.well-known/security.txt", "curl/8.14.1", kV4[2],
        Kind::kProgram);
    add("api-read", "GET", "/api/v1/items?page=2", "curl/8.14.1", kV4[3], Kind::kProgram);
    add("api-write", "POST", "/api/v1/items", "python-requests/2.32.4", kV6[0], Kind::kProgram);
    add("feed", "GET", "/feed.xml", "FreshRSS/1.27.0 (Linux; https://freshrss.org)", kV6[1],
        Kind::kProgram);
    add("head", "HEAD", "/", kChrome, kV4[0], Kind::kNavigation);
    add("preflight", "OPTIONS", "/api/v1/items", kChrome, kV4[1], Kind::kFetch);
    add("propfind", "PROPFIND", "/dav/", "davfs2/1.7.1 neon/0.34.2", kV4[2], Kind::kProgram);
    add("no-user-agent", "GET", "/", "", kV4[3], Kind::kProgram);
    add("no-address", "GET", "/", kFirefox, "", Kind::kNavigation);
    add("encoded-path", "GET", "/caf%C3%A9/%7Emenu", kFirefox, kV6[2], Kind::kNavigation);
    add("dot-segments", "GET", "/a/./b/../c//d", kChrome, kV4[0], Kind::kNavigation);
    add("empty-query", "GET", "/?", kPhone, kV6[3], Kind::kNavigation);
    add("long-query", "GET", long_query_, kTablet, kV4[1], Kind::kNavigation);
    add("long-path", "GET", long_path_, kFirefox, kV4[2], Kind::kNavigation);
    requests_[PreflightIndex()].request.access_control_request_method = "PUT";
  }

  [[nodiscard]] std::size_t PreflightIndex() const {
    std::size_t i = 0;
    while (requests_[i].name != "preflight") ++i;
    return i;
  }

  void Add(std::string_view name, Visitor visitor, std::string_view method, std::string_view target,
           std::string_view user_agent, std::string_view address, Kind kind) {
    GoldenRequest& golden = requests_.emplace_back();
    golden.name = name;
    golden.visitor = visitor;
    Request& request = golden.request;
    request.method = method;
    request.target = target;
    request.user_agent = user_agent;
    request.https = true;
    if (!address.empty()) request.address = IpAddress::Parse(address);
    request.accept = kind == Kind::kNavigation ? kHtml : "*/*";
    if (kind != Kind::kProgram) {
      request.accept_language = "en-US,en;q=0.5";
      request.sec_fetch_site = kind == Kind::kNavigation ? "none" : "same-origin";
      request.sec_fetch_mode = kind == Kind::kNavigation ? "navigate"
                               : kind == Kind::kAsset    ? "no-cors"
                                                         : "cors";
    }
    if (method == "POST") {
      request.content_type =
          kind == Kind::kNavigation ? "application/x-www-form-urlencoded" : "application/json";
    }
    if (method == "POST" || kind == Kind::kFetch) request.origin = "https://www.example.org";
    AddFields(request, kind);
  }

  void AddFields(const Request& request, Kind kind) {
    std::vector<RequestField>& fields = fields_.emplace_back();
    const RequestField all[] = {
        {"user-agent", request.user_agent},           {"accept", request.accept},
        {"accept-language", request.accept_language}, {"origin", request.origin},
        {"sec-fetch-mode", request.sec_fetch_mode},   {"sec-fetch-site", request.sec_fetch_site},
        {"content-type", request.content_type}};
    for (const RequestField& field : all) {
      if (!field.value.empty()) fields.push_back(field);
    }
    fields.push_back({"accept-encoding", "gzip, deflate, br"});
    if (kind == Kind::kNavigation) {
      fields.push_back({"sec-fetch-dest", "document"});
      fields.push_back({"upgrade-insecure-requests", "1"});
    }
  }

  std::string long_query_;
  std::string long_path_;
  std::vector<GoldenRequest> requests_;
  std::vector<std::vector<RequestField>> fields_;  // Of the request of the same index.
};

}  // namespace

std::span<const GoldenRequest> GoldenCorpus() {
  static const Corpus corpus;
  return corpus.requests();
}

}  // namespace stile
