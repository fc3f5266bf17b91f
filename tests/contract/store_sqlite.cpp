#include "contract/store_sqlite.h"

#include <stdexcept>
#include <string>

namespace orderstream::contract {

TemporaryDirectory::TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "orderstream-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<sqlite::SqliteStore> open_sqlite(const std::filesystem::path& data_dir,
                                                 sqlite::SqliteStore::Options options) {
    auto store = sqlite::SqliteStore::open(data_dir, std::move(options));
    if (!store) throw std::runtime_error(store.error());
    return std::move(*store);
}

void SqliteUnderTest::open() {
    store_ = open_sqlite(directory_.path(), {.now = [this] { return now_.load(); }, .fatal = {}});
    listing_ = std::make_unique<sqlite::SqliteListing>(directory_.path());
}

}  // namespace orderstream::contract
