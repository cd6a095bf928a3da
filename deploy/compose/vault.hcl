# One Vault that keeps its data on a volume and is unsealed by hand. Plain HTTP, on a network that key-vault alone shares.
disable_mlock = true
api_addr      = "http://vault:8200"
cluster_addr  = "http://vault:8201"

listener "tcp" {
  address     = "0.0.0.0:8200"
  tls_disable = true
}

storage "raft" {
  path    = "/vault/file"
  node_id = "vault"
}
