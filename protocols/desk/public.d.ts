// What the API answers to the page for everybody, as far as it reads it.
import type { Branch, Item, Money, Owed, Reason, Session } from "./types";

export type { Branch, Money, Reason };

export interface Me extends Session {
  kind: string;
}
export interface CopiesThere {
  branch: Branch;
  material_group: string;
  copies: number;
  available: number;
}
export interface Title {
  id: string;
  title: string;
  author: string;
  year: number | null;
  availability: { open_holds: number; places: CopiesThere[] } | null;
}
export interface FacetValue {
  text: string;
  hits: number;
  cql: string;
}
export interface TitlesFound {
  total: number;
  titles: Title[];
  facets: { index: string; values: FacetValue[] }[];
}
export interface Copy {
  item: Item;
  state: string;
  due: string | null;
  stay: { kind: string; name: string } | null;
}
export interface TitleShown extends Title {
  lines: string[];
  open_holds: number;
  copies: Copy[];
}
export interface Library {
  name: string;
  branches: { isil: string; name: string; agency: string; agency_name: string }[];
  payment_pages: Record<string, string>;
  material_groups: { code: string; name: string; is_bookable: boolean }[];
}
export interface OwnLoan {
  item: Item;
  loan: { id: string; due: string; renewals: number };
  is_overdue: boolean;
  is_recalled: boolean;
  mark: "lost" | "claimed_returned" | null;
}
export interface Hold {
  id: string;
  title_id: string;
  title: string;
  author: string;
  state: "WAITING" | "ON_THE_WAY" | "READY" | "CLOSED";
  pickup_branch: Branch;
  interest_until: string;
  paused_from: string | null;
  paused_until: string | null;
  number_in_queue: number | null;
  days: number | null;
  number: number | null;
  deadline: string | null;
  may: string[];
}
export interface Charge {
  id: string;
  text: string;
  reason: string;
  currency: string;
  balance: number;
  created: string;
  loans: { title: string | null }[];
}
export interface Message {
  id: string;
  state: string;
  created: string;
  sent: string | null;
  channel: string;
  subject: string;
  text: string;
}
export interface Own {
  details: { name: string; given_name: string; email: string; phone: string; home_branch: Branch };
  is_expired: boolean;
  blocks: { reason: string; since: string }[];
  counts: { loans: number; overdue: number; holds: number; ready: number; max_loans: number | null };
  owed: Owed[];
  wards: { id: string; name: string; sees_account: boolean }[];
  guardians: { id: string; name: string; sees_account: boolean }[];
  may: string[];
  consents: Record<string, string>;
  history_days: number;
}
export interface Renewal {
  barcode: string;
  renewed: { loan: { due: string } } | null;
  reasons: Reason[];
}
export interface Preferences {
  pickup_branch: Branch | null;
  absence: { first: string; last: string | null } | null;
}
