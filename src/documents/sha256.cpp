#include "documents/sha256.h"

#include <openssl/evp.h>

#include <stdexcept>

namespace orderstream::documents {

order::Sha256 sha256(std::string_view text) {
    order::Sha256 hash;
    if (EVP_Digest(text.data(), text.size(), hash.data(), nullptr, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL has no SHA-256");
    }
    return hash;
}

}  // namespace orderstream::documents
