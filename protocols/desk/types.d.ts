// What the API answers (docs/reference/openapi.json), as far as the pages read it.

export interface Answer {
  status: number;
  headers: Headers;
  body: any;
}
export interface Money {
  amount: number;
  currency: string;
}
export interface Branch {
  isil: string;
  name: string;
  agency: string;
}
export interface Session {
  name: string;
  account: string;
  branch: Branch | null;
  workstation: string;
  is_registered: boolean;
  rights: string[];
}
export interface Reason {
  code: string;
  text: string;
  overridable: boolean;
  right?: string | null;
  may: boolean;
  fee: Money | null;
  limit: number | null;
  opens: string | null;
  block: string | null;
}
export interface Item {
  barcode: string;
  title_id: string;
  title: string;
  author: string;
  material_group: string;
  call_number: string;
  placement: string[];
  home_branch: Branch;
}
export interface Patron {
  id: string;
  name: string;
  card: string | null;
}
export interface Loan {
  id: string;
  due: string;
  renewals: number;
}
export interface Fee {
  charge: string;
  kind: string;
  amount: Money;
}
export interface CheckedOut {
  item: Item;
  patron: Patron;
  loan: Loan;
  overridden: Reason[];
  charged: Fee[];
}
export interface CheckedIn {
  item: Item;
  destination: string;
  to_branch: Branch;
  was_on_loan: boolean;
  was_overdue: boolean;
  is_before_loan: boolean;
  is_past: boolean;
  borrower: Patron | null;
  held_for: { pickup_branch: Branch; number: number | null; deadline: string | null; waits_until?: string | null } | null;
  charged: Fee[];
  printing: string | null;
}
export interface ItemStatus {
  item: Item;
  state: string;
  is_overdue: boolean;
  due: string | null;
  to_branch: Branch | null;
  open_holds: number;
  not_for_loan: string;
}
export interface Title {
  id: string;
  title: string;
  author: string;
  year: number | null;
  availability: {
    open_holds: number;
    places: { branch: Branch; material_group: string; copies: number; available: number }[];
  } | null;
}
export interface Facet {
  index: string;
  values: { text: string; hits: number; cql: string }[];
}
export interface TitlesFound {
  total: number;
  titles: Title[];
  facets: Facet[];
}
export interface Booking {
  id: string;
  borrower: Patron | null;
  group: string | null;
  first: string;
  last: string;
  copies: number;
  minimum: number;
  state: string;
  deliver_to: Branch;
}
export interface TitleShown extends Title {
  open_holds: number;
  copies: ItemStatus[];
}
export interface Owed {
  agency: string;
  agency_name: string;
  fees: Money;
  compensations: Money;
}
export interface Details {
  name: string;
  given_name: string;
  family_name: string;
  birth_date: string | null;
  language: string;
  category: string;
  email: string;
  phone: string;
  expires: string | null;
  municipality: string;
  home_branch: Branch;
  note: string;
  has_pin: boolean;
}
export interface EndedLoan {
  loan: string;
  item: string;
  title: string;
  author: string;
  branch: Branch;
  returned: string;
}
export interface Related {
  id: string;
  name: string;
  sees_account: boolean;
}
export interface PatronLoan {
  item: Item;
  loan: Loan;
  is_overdue: boolean;
  is_recalled: boolean;
  lent_onward_to: Patron | null;
  mark: "lost" | "claimed_returned" | null;
}
export interface Wish {
  id: string;
  title: string;
  author: string;
  patron_name: string | null;
  needed_before: string | null;
  created: string;
  suppliers: { partner: string; name: string }[];
  loans: { id: string; partner: string; state: string; offer: string | null }[];
}
export interface Exchange {
  at: string;
  direction: string;
  service: string;
  outcome: string;
}
export interface Hold {
  id: string;
  title: string;
  author: string;
  part: string;
  state: string;
  pickup_branch: Branch;
  placed: string;
  paused_from: string | null;
  number_in_queue: number | null;
  days: number | null;
  number: number | null;
  deadline: string | null;
  may: string[];
}
export interface HoldProspect {
  pickup_branch: Branch;
  number_in_queue: number | null;
  days: number | null;
  reasons: Reason[];
}
export interface Charge {
  id: string;
  text: string;
  agency: string;
  currency: string;
  paid: number;
  balance: number;
  reason: string;
  created: string;
  loans: { title: string | null }[];
  may: string[];
}
export interface Message {
  id: string;
  kind: string;
  state: string;
  created: string;
  sent: string | null;
  channel: string;
  address: string;
  subject: string;
  text: string;
  why: string;
}
export interface LookUp {
  at: string;
  actor: string;
  device: string;
  what: string;
}
export interface PatronHit {
  id: string;
  card: string;
  name: string;
  birth_date: string | null;
  category: string;
  home_branch: Branch;
  address: string;
  is_deceased: boolean;
}
export interface Contacts {
  is_protected: boolean;
  contacts: { number: string; kind: string; value: string; notices: boolean; verified: string | null }[];
  addresses: { number: string; kind: string; text: string; valid_until: string | null }[];
}
export interface Preferences {
  pickup_branch: Branch | null;
  interest_days: number | null;
  absence: { first: string; last: string | null } | null;
}
export interface Registration {
  categories: { code: string; name: string }[];
  languages: string[];
  branches: Branch[];
}
export interface PatronScreen {
  id: string;
  card: string | null;
  details: Details;
  is_expired: boolean;
  blocks: { reason: string; since: string; message: string; agency: string | null; ends: string | null }[];
  denied: string[];
  counts: { loans: number; overdue: number; holds: number; ready: number; max_loans: number | null };
  owed: Owed[];
  identifiers: {
    shown: string;
    kind: string;
    blocked: string | null;
    expires: string | null;
    added: string;
  }[];
  guardians: Related[];
  wards: Related[];
  consents: Record<string, string>;
  history_days: number;
  loans: PatronLoan[];
  may: string[];
  /** What was scanned, where a card has opened them. */
  scanned?: string;
}
export interface Scanned {
  outcome: string;
  text: string;
  command?: string | null;
  checked_out?: CheckedOut | null;
  checked_in?: CheckedIn | null;
  renewed?: CheckedOut | null;
  item?: Item | null;
  status?: ItemStatus | null;
  patron?: PatronScreen | null;
  titles: Title[];
  patrons: PatronHit[];
  reasons: Reason[];
  loans?: number | null;
  overdue?: number | null;
}
export interface Slip {
  heading: string;
  language: string;
  lines: string[];
  big: string;
  barcode: string;
}
export interface Today {
  branch: Branch;
  day: string;
  lent: number;
  returned: number;
  renewed: number;
  holds_placed: number;
  hours: { hour: number; lent: number; usual: number }[];
  queues: { title: string; waiting: number; copies: number }[];
  machines: { account: string; last: string | null; deviations: number }[];
  plots: Record<string, string>;
}
