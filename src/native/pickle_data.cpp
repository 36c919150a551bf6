// From bytes to nodes.
#include "pickle_data.h"

#include <cstddef>
#include <stdexcept>

namespace bif {
namespace {

[[noreturn]] void refuse(const std::string& reason) { throw std::runtime_error(reason); }

bool is_known(const std::string& global) {
  static const char* const kKnown[] = {
      "collections OrderedDict",   "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter",
      "torch FloatStorage",        "torch DoubleStorage",             "torch HalfStorage",
      "torch BFloat16Storage",     "torch LongStorage",               "torch IntStorage",
      "torch ShortStorage",        "torch CharStorage",               "torch ByteStorage",
      "torch BoolStorage",         "torch ComplexFloatStorage",       "torch ComplexDoubleStorage"};
  for (const char* known : kKnown) {
    if (global == known) return true;
  }
  return false;
}

// The bytes of a pickle, read in order with every bound checked.
class Reader {
 public:
  explicit Reader(const std::string& bytes) : bytes_(bytes) {}

  std::string take(uint64_t count) {
    if (count > bytes_.size() - at_) refuse("its pickle ends in the middle of a value");
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }

  uint8_t byte() { return static_cast<uint8_t>(take(1)[0]); }

  uint32_t little_endian(int count) {
    uint32_t value = 0;
    for (int i = 0; i < count; i++) value |= static_cast<uint32_t>(byte()) << (8 * i);
    return value;
  }

  // A two's complement number of up to eight bytes.
  int64_t integer(int count) {
    if (count > 8) refuse("its pickle has a number of more than 64 bits");
    uint64_t value = 0;
    for (int i = 0; i < count; i++) value |= static_cast<uint64_t>(byte()) << (8 * i);
    if (count > 0 && count < 8 && (value >> (8 * count - 1)) != 0) value |= ~0ull << (8 * count);
    return static_cast<int64_t>(value);
  }

  std::string line() {
    const auto end = bytes_.find('\n', at_);
    if (end == std::string::npos) refuse("its pickle ends in the middle of a name");
    std::string text = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return text;
  }

 private:
  const std::string& bytes_;
  size_t at_ = 0;
};

// The stack of a pickle and the marks on it.
class Stack {
 public:
  void push(PickleNode* node) { nodes_.push_back(node); }
  void mark() { marks_.push_back(nodes_.size()); }

  PickleNode* pop() {
    if (nodes_.size() <= (marks_.empty() ? 0 : marks_.back())) refuse("its pickle takes more values than it gives");
    PickleNode* node = nodes_.back();
    nodes_.pop_back();
    return node;
  }

  PickleNode* top(PickleNode::Kind kind) {
    PickleNode* node = pop();
    push(node);
    if (node->kind != kind) refuse("its pickle fills a container that is none");
    return node;
  }

  std::vector<PickleNode*> pop_marked() {
    if (marks_.empty()) refuse("its pickle closes a container that it never opened");
    std::vector<PickleNode*> items(nodes_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), nodes_.end());
    nodes_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  PickleNode* only() {
    if (nodes_.size() != 1 || !marks_.empty()) refuse("its pickle does not end with one value");
    return nodes_.back();
  }

 private:
  std::vector<PickleNode*> nodes_;
  std::vector<size_t> marks_;
};

void append(std::vector<PickleNode*>& to, const std::vector<PickleNode*>& items) {
  to.insert(to.end(), items.begin(), items.end());
}

}  // namespace

PickleNode* PickleData::make(PickleNode::Kind kind) {
  nodes_.emplace_back();
  nodes_.back().kind = kind;
  return &nodes_.back();
}

PickleData::PickleData(const std::string& bytes) {
  using Node = PickleNode;
  Reader reader(bytes);
  Stack stack;
  std::map<uint32_t, Node*> memo;
  const auto remember = [&](uint32_t place) {
    Node* node = stack.pop();
    stack.push(node);
    memo[place] = node;
  };
  const auto recall = [&](uint32_t place) {
    const auto found = memo.find(place);
    if (found == memo.end()) refuse("its pickle refers to a value that it never gave");
    stack.push(found->second);
  };
  const auto scalar = [&](Node::Kind kind, int64_t value) {
    Node* node = make(kind);
    node->integer = value;
    stack.push(node);
  };
  const auto tuple = [&](size_t count) {
    Node* node = make(Node::kTuple);
    node->items.resize(count);
    for (size_t i = count; i-- > 0;) node->items[i] = stack.pop();
    stack.push(node);
  };
  for (;;) {
    const uint8_t code = reader.byte();
    switch (code) {
      case 0x80: {  // PROTO
        if (const auto protocol = reader.byte(); protocol != 2) refuse("it was written with pickle protocol " + std::to_string(protocol) + " instead of 2");
        break;
      }
      case 'N': stack.push(make(Node::kNone)); break;
      case 0x88: scalar(Node::kBool, 1); break;
      case 0x89: scalar(Node::kBool, 0); break;
      case 'K': scalar(Node::kInteger, reader.byte()); break;
      case 'M': scalar(Node::kInteger, reader.little_endian(2)); break;
      case 'J': scalar(Node::kInteger, reader.integer(4)); break;
      case 0x8A: scalar(Node::kInteger, reader.integer(reader.byte())); break;  // LONG1
      case 'G': reader.take(8); stack.push(make(Node::kReal)); break;           // its value is never needed
      case 'X': {                                                               // BINUNICODE
        Node* node = make(Node::kText);
        node->text = reader.take(reader.little_endian(4));
        stack.push(node);
        break;
      }
      case 'q': remember(reader.byte()); break;
      case 'r': remember(reader.little_endian(4)); break;
      case 'h': recall(reader.byte()); break;
      case 'j': recall(reader.little_endian(4)); break;
      case '(': stack.mark(); break;
      case ')': tuple(0); break;
      case 0x85: tuple(1); break;
      case 0x86: tuple(2); break;
      case 0x87: tuple(3); break;
      case 't': {
        Node* node = make(Node::kTuple);
        node->items = stack.pop_marked();
        stack.push(node);
        break;
      }
      case ']': stack.push(make(Node::kList)); break;
      case 'a': {
        Node* item = stack.pop();
        stack.top(Node::kList)->items.push_back(item);
        break;
      }
      case 'e': {
        const auto items = stack.pop_marked();
        append(stack.top(Node::kList)->items, items);
        break;
      }
      case '}': stack.push(make(Node::kDict)); break;
      case 's': {
        Node* value = stack.pop();
        Node* key = stack.pop();
        append(stack.top(Node::kDict)->items, {key, value});
        break;
      }
      case 'u': {
        const auto items = stack.pop_marked();
        if (items.size() % 2 != 0) refuse("its pickle has a key without a value");
        append(stack.top(Node::kDict)->items, items);
        break;
      }
      case 'c': {  // GLOBAL
        const std::string module = reader.line(), name = reader.line();
        Node* node = make(Node::kGlobal);
        node->text = module + " " + name;
        if (!is_known(node->text)) refuse("it asks to run or create " + module + "." + name + ", and only tensors in plain containers are read");
        stack.push(node);
        break;
      }
      case 'Q': {  // BINPERSID: a reference to stored bytes
        Node* node = make(Node::kStorage);
        node->items = {stack.pop()};
        stack.push(node);
        break;
      }
      case 'R': {  // REDUCE: a call, which is noted and not made
        Node* arguments = stack.pop();
        Node* function = stack.pop();
        if (function->kind != Node::kGlobal || arguments->kind != Node::kTuple) refuse("its pickle calls something that is no function");
        const bool dictionary = function->text == "collections OrderedDict" && arguments->items.empty();
        Node* node = make(dictionary ? Node::kDict : Node::kCall);
        if (!dictionary) node->items = {function, arguments};
        stack.push(node);
        break;
      }
      case 'b': stack.pop(); stack.top(Node::kDict); break;  // BUILD: attributes of an OrderedDict (its _metadata)
      case '.': root_ = stack.only(); return;
      default: refuse("its pickle has the instruction " + std::to_string(code) + ", which no state dict needs");
    }
  }
}

}  // namespace bif
