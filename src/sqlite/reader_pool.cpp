#include "sqlite/reader_pool.h"

namespace orderstream::sqlite {

Reader::Reader(const std::filesystem::path& file)
    : connection(file, Connection::Access::read_only), begin(connection, "BEGIN"), end(connection, "COMMIT") {}

}  // namespace orderstream::sqlite
