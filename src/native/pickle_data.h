// A pickle as data: what it would build, without building it.
//
// libtorch's restricted unpickler refuses what Python's module.state_dict() commonly writes (an OrderedDict with an
// attribute, dictionaries of one entry) and trusts the sizes it is told. So the file is first parsed here into plain
// nodes, nothing of it being called, and the tensors found are written again as a minimal pickle that libtorch reads.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace bif {

struct PickleNode {
  enum Kind { kNone, kBool, kInteger, kReal, kText, kTuple, kList, kDict, kGlobal, kStorage, kCall };
  Kind kind = kNone;
  int64_t integer = 0;
  std::string text;                // of kText; "module name" of kGlobal
  std::vector<PickleNode*> items;  // kDict: key, value, key, value; kStorage: the reference; kCall: function, arguments
};

// The nodes of one pickle, freed together: they may refer to one another in circles.
class PickleData {
 public:
  // Throws one sentence for a damaged pickle and for anything but numbers, texts, containers and tensors.
  explicit PickleData(const std::string& bytes);
  const PickleNode& root() const { return *root_; }

 private:
  PickleNode* make(PickleNode::Kind kind);
  std::deque<PickleNode> nodes_;
  PickleNode* root_ = nullptr;
};

struct NamedTensors {
  std::vector<std::string> names;
  std::string pickle;                          // of the tuple of these tensors, for libtorch
  std::map<std::string, int64_t> stored_bytes;  // what each storage must at least hold
};

// The tensors of a dictionary, or of the dictionary under a customary key of it.
NamedTensors named_tensors(const PickleNode& root);

}  // namespace bif
