Feature: The catalogue of subscription codes
  Every code has one meaning. From 1 on a subscription can be reached; below, the code says who or what stands
  in the way: nobody has subscribed yet, somebody unsubscribed, or something is wrong.

  Scenario: The catalogue of codes
    Then the codes mean
      | codes              | range        | subscribed | unsubscribed | error |
      | 1, 2, 100          | other        | yes        | no           | no    |
      | 0, -99             | other        | no         | no           | no    |
      | -2, -31            | other        | no         | yes          | no    |
      | -98                | other        | no         | no           | no    |
      | -3 to -24          | push_error   | no         | no           | yes   |
      | -40 to -45         | email_error  | no         | no           | yes   |
      | -50 to -54         | sms_error    | no         | no           | yes   |
      | -60, -61           | kakao_error  | no         | no           | yes   |
      | -70, -71, -73, -74 | in_app_error | no         | no           | yes   |

  Scenario Outline: The shop's own faults are never held against a person
    Then <code> is no status that a subscription can have

    Examples:
      | code | what it says                       |
      | -55  | the sender's number                |
      | -62  | not a friend of the shop           |
      | -63  | the template is not approved       |
      | -64  | the day's limit is used up         |
      | -65  | the shop's Kakao channel           |
      | -72  | the moment to show it is not there |
